// Short ways to write a SocketRecord in a test.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "core/sockets/socket_record.h"

namespace connwatch {

inline IpAddress Ipv4(std::array<int, 4> numbers) {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes.at(i) = static_cast<std::byte>(numbers.at(i));
  return IpAddress::FromIpv4(bytes);
}

/// ::1
inline IpAddress Ipv6Loopback() {
  std::array<std::byte, 16> bytes{};
  bytes.back() = std::byte{1};
  return IpAddress::FromIpv6(bytes);
}

/// An established connection from 192.0.2.2:50000 to 192.0.2.1:`local_port`.
inline SocketRecord Established(std::uint64_t cookie, std::uint16_t local_port = 443) {
  SocketRecord record;
  record.state = TcpState::kEstablished;
  record.local = {Ipv4({192, 0, 2, 1}), local_port};
  record.remote = {Ipv4({192, 0, 2, 2}), 50'000};
  record.cookie = cookie;
  return record;
}

/// Listening on 0.0.0.0:`port`.
inline SocketRecord Listening(std::uint64_t cookie, std::uint16_t port,
                              std::uint32_t queue_length = 0, std::uint32_t queue_limit = 128) {
  SocketRecord record;
  record.state = TcpState::kListen;
  record.local = {IpAddress(), port};
  record.cookie = cookie;
  record.receive_queue = queue_length;
  record.send_queue = queue_limit;
  return record;
}

/// The destroy event of a socket that was listening on 0.0.0.0:`port`.
inline SocketRecord EndOfListener(std::uint64_t cookie, std::uint16_t port) {
  SocketRecord record = Listening(cookie, port, 0, 0);
  record.state = TcpState::kClose;
  return record;
}

/// A handshake of a client with `local`:`port` that waits for its final ACK.
inline SocketRecord SynRecv(IpAddress local, std::uint16_t port, AddressFamily socket_family,
                            std::uint8_t retransmissions = 0) {
  SocketRecord record = Established(0, port);
  record.state = TcpState::kSynRecv;
  record.local.address = local;
  record.socket_family = socket_family;
  record.retransmissions = retransmissions;
  return record;
}

}  // namespace connwatch
