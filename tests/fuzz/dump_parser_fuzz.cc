// The first four bytes are split off as sequence and port id, so that the fuzzer can match them.
#include <cstddef>
#include <cstdint>
#include <span>

#include "netlink/dump_parser.h"
#include "netlink/load_at.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  const auto sequence = connwatch::LoadAt<std::uint16_t>(input, 0);
  const auto port_id = connwatch::LoadAt<std::uint16_t>(input, 2);
  if (!sequence || !port_id) return 0;
  connwatch::DumpParser parser;
  parser.Expect({*sequence, *port_id});
  const bool is_readable = static_cast<bool>(parser.Parse(input.subspan(4)));
  parser.Expect({*sequence, *port_id}, /*with_details=*/true);
  const auto batch = parser.Parse(input.subspan(4));
  // What reads as a record reads as its details.
  if (static_cast<bool>(batch) != is_readable) __builtin_trap();
  if (!batch) return 0;
  if (batch->details.size() != batch->records.size()) __builtin_trap();
  for (const auto& record : batch->records) {
    if (record.local.ToString().empty() || record.remote.ToString().empty()) __builtin_trap();
  }
  return 0;
}
