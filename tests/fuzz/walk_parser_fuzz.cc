// Any bytes as what the walk over the kernel's socket table has written: every record is one socket
// or is counted as malformed, has the ports of its bytes, and a copy of it is no second socket.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "bpf/walk_layout.h"
#include "bpf/walk_parser.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::ParsedWalk;
using connwatch::ParseWalk;
using connwatch::Require;
using connwatch::SocketRecord;
using connwatch::TcpState;

constexpr connwatch::WalkContext kContext{.query = {.tcp_info = true, .socket_memory = true},
                                          .own_net_cookie = 1,
                                          .ticks_per_second = 300,
                                          .identity_seed = 7};

void CheckOne(std::span<const std::byte> bytes) {
  walk_record raw{};
  std::memcpy(&raw, bytes.data(), sizeof(raw));
  ParsedWalk parsed;
  ParseWalk(bytes, kContext, parsed);
  Require(parsed.records.size() + parsed.malformed == 1);
  if (parsed.records.empty()) return;
  const SocketRecord& record = parsed.records.front();
  Require(record.local.port == raw.local_port && record.remote.port == raw.remote_port);
  Require(record.cookie != 0);
  Require((record.net_cookie == 0) == (raw.net_cookie == kContext.own_net_cookie));
  ParseWalk(bytes, kContext, parsed);
  Require(parsed.records.size() == 2);  // of another run, so it is another look
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  ParsedWalk parsed;
  ParseWalk(bytes, kContext, parsed);
  const std::size_t whole = size / sizeof(walk_record);
  Require(parsed.records.size() + parsed.malformed <= whole);
  for (const std::size_t index : parsed.without_cookie) {
    Require(index < parsed.records.size() && parsed.records[index].net_cookie == 0);
  }
  for (std::size_t i = 0; i < whole; ++i) {
    CheckOne(bytes.subspan(i * sizeof(walk_record), sizeof(walk_record)));
  }
  return 0;
}
