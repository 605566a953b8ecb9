// Batches of handshakes as a source tells of them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "core/handshakes/handshake_batch.h"
#include "core/handshakes/latency_counts.h"

namespace connwatch {

/// Handshakes with 192.0.2.1:PORT that took the same time.
class TestBatch {
 public:
  explicit TestBatch(std::uint64_t count, HandshakeOutcome outcome = HandshakeOutcome::kEstablished)
      : buckets_(LatencyBounds().size() + 1) {
    batch_.direction = Direction::kOutbound;
    batch_.outcome = outcome;
    batch_.count = count;
    To(1, 443);
  }

  TestBatch& To(std::uint8_t host, std::uint16_t port) {
    const std::array bytes = {std::byte{192}, std::byte{0}, std::byte{2}, std::byte{host}};
    batch_.remote = {IpAddress::FromIpv4(bytes), port};
    return *this;
  }
  TestBatch& From(std::uint64_t net_cookie) {
    batch_.net_cookie = net_cookie;
    return *this;
  }
  TestBatch& Took(std::chrono::nanoseconds each) {
    std::size_t bucket = 0;
    while (bucket < LatencyBounds().size() && LatencyBounds()[bucket] < each) ++bucket;
    buckets_.at(bucket) = static_cast<std::uint32_t>(batch_.count);
    batch_.duration = each * static_cast<std::int64_t>(batch_.count);
    return *this;
  }
  TestBatch& Inbound(std::uint16_t port) {
    batch_.direction = Direction::kInbound;
    batch_.local = {{}, port};
    batch_.remote = {};
    return *this;
  }
  HandshakeBatch& operator*() {
    batch_.buckets = buckets_;
    return batch_;
  }

 private:
  HandshakeBatch batch_;
  std::vector<std::uint32_t> buckets_;
};

}  // namespace connwatch
