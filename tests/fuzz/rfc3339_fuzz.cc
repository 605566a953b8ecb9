// Any bytes as a time of RFC 3339: a time from 1970 to 2200, or none. What is written of it reads
// as the same millisecond. None without the last byte, which ends the zone.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/rfc3339.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  using connwatch::WallTime;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto time = connwatch::ParseRfc3339(text);
  if (!time) return 0;
  constexpr std::chrono::years kMostSince1970{231};
  Require(*time >= WallTime() && *time < WallTime(kMostSince1970));
  Require(!connwatch::ParseRfc3339(text.substr(0, size - 1)));
  const auto again = connwatch::ParseRfc3339(connwatch::Rfc3339(*time));
  Require(again == std::chrono::floor<std::chrono::milliseconds>(*time));
  return 0;
}
