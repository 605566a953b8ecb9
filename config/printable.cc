#include "config/printable.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/utf8.h"

namespace connwatch {

namespace {

constexpr std::size_t kMaxCharacters = 40;

// C0, DEL and C1 controls; U+2028 and U+2029 end a line; U+202A to U+202E and U+2066 to U+2069
// reorder the text around them.
bool IsPrintable(char32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0)) return false;
  if (code_point >= 0x2028 && code_point <= 0x202e) return false;
  return code_point < 0x2066 || code_point > 0x2069;
}

std::string Escaped(std::string_view bytes) {
  if (bytes == "\n") return "\\n";
  if (bytes == "\r") return "\\r";
  if (bytes == "\t") return "\\t";
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string escaped;
  for (const char character : bytes) {
    const auto byte = static_cast<std::uint8_t>(character);
    escaped += "\\x";
    escaped += kHexDigits[byte >> 4];
    escaped += kHexDigits[byte & 0xf];
  }
  return escaped;
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const std::optional<Utf8Character> character = FrontCharacter(text);
    const std::string_view bytes = text.substr(0, character ? character->length : 1);
    line += character && IsPrintable(character->code_point) ? std::string(bytes) : Escaped(bytes);
    text.remove_prefix(bytes.size());
  }
  return line;
}

bool HasControlCharacter(std::string_view text, std::string_view allowed) {
  return std::ranges::any_of(text, [allowed](unsigned char byte) {
    return (byte < ' ' || byte == 0x7f) &&
           allowed.find(static_cast<char>(byte)) == std::string_view::npos;
  });
}

std::string Clipped(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t count = 0; count < kMaxCharacters && end < text.size(); ++count) {
    end += FrontCharacter(text.substr(end)).value_or(Utf8Character{}).length;
  }
  return std::string(text.substr(0, end)) + (end < text.size() ? "..." : "");
}

std::string Quoted(std::string_view text) { return '"' + Clipped(text) + '"'; }

}  // namespace connwatch
