#include "daemon/process/json_string.h"

#include <cstdint>

#include "config/utf8.h"

namespace connwatch {

std::string InsideOfJsonString(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string inside;
  inside.reserve(text.size());
  while (!text.empty()) {
    const auto character = FrontCharacter(text);
    const auto byte = static_cast<std::uint8_t>(text[0]);
    if (!character) {
      inside += kReplacement;
    } else if (text[0] == '"' || text[0] == '\\') {
      inside += {'\\', text[0]};
    } else if (byte < 0x20) {
      inside.append("\\u00") += {kHex[byte >> 4U], kHex[byte & 0xfU]};
    } else {
      inside += text.substr(0, character->length);
    }
    text.remove_prefix(character ? character->length : 1);
  }
  return inside;
}

}  // namespace connwatch
