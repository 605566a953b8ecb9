// Any bytes as "user:password": the header that a client makes of them gives them back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "exporters/access/basic_credentials.h"
#include "tests/fuzz/require.h"

namespace {

// RFC 4648 section 4.
std::string InBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kGroup = 3;
  std::string encoded;
  for (; !text.empty(); text.remove_prefix(std::min(kGroup, text.size()))) {
    const std::string_view group = text.substr(0, kGroup);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < kGroup; ++i) {
      bits = bits << 8U | (i < group.size() ? static_cast<std::uint8_t>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i <= kGroup; ++i) {
      encoded += i <= group.size() ? kDigits[bits >> (18 - 6 * i) & 0x3fU] : '=';
    }
  }
  return encoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  const std::string text(bytes, bytes + size);
  const std::size_t colon = text.find(':');
  const bool is_usable = colon != std::string::npos && text.find('\0') == std::string::npos;
  for (const std::string_view scheme : {"Basic ", "basic ", "BASIC   "}) {
    const auto read = connwatch::ParseBasicCredentials(std::string(scheme) + InBase64(text));
    Require(read.has_value() == is_usable);
    Require(!read ||
            (read->user == text.substr(0, colon) && read->password == text.substr(colon + 1)));
  }
  Require(!connwatch::ParseBasicCredentials("Basic" + InBase64(text)));
  Require(!connwatch::ParseBasicCredentials("Bearer " + InBase64(text)));
  return 0;
}
