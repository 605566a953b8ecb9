// Any bytes as what a client sends over TLS: however they are cut, the same is counted, and never
// more data than there are bytes announced. The first byte chooses the form of records, the second
// the cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "exporters/tls/tls_records.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  if (size < 2) return 0;
  const connwatch::TlsRecordForm form = {.overhead = bytes[0] % 32U, .hides_type = bytes[0] >= 128};
  const std::size_t part = std::max<std::size_t>(bytes[1], 1);
  const auto input = std::as_bytes(std::span(bytes, size)).subspan(2);
  connwatch::TlsRecords whole;
  connwatch::TlsRecords cut;
  whole.BeginData(form);
  cut.BeginData(form);
  whole.Take(input);
  for (std::size_t i = 0; i < input.size(); i += part) {
    cut.Take(input.subspan(i, std::min(part, input.size() - i)));
  }
  constexpr std::uint64_t kLongestRecord = 0xffff;
  Require(whole.bytes() == input.size() && cut.bytes() == input.size());
  Require(whole.data_bytes() == cut.data_bytes());
  Require(whole.data_bytes() <= input.size() + kLongestRecord);
  return 0;
}
