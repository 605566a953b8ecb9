// Any bytes as the Date of an answer: a whole second from 1970 on, or none; none without its last
// byte.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exporters/notify/http_date.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  using connwatch::WallTime;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto time = connwatch::ParseHttpDate(text);
  if (!time) return 0;
  Require(size >= 24 && size <= 33);
  Require(*time >= WallTime() && *time == std::chrono::floor<std::chrono::seconds>(*time));
  Require(!connwatch::ParseHttpDate(text.substr(0, size - 1)));
  return 0;
}
