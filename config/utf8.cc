#include "config/utf8.h"

#include <cstdint>

namespace connwatch {

namespace {

// RFC 3629 section 3: the bytes a character of each length begins with, and the smallest code point
// that needs that length.
struct Form {
  std::size_t length;
  char32_t smallest;
  std::uint8_t lead_mask;
  std::uint8_t lead;
};
constexpr Form kForms[] = {
    {1, 0, 0x80, 0x00}, {2, 0x80, 0xe0, 0xc0}, {3, 0x800, 0xf0, 0xe0}, {4, 0x10000, 0xf8, 0xf0}};

constexpr char32_t kLargest = 0x10ffff;

bool IsSurrogate(char32_t code_point) { return code_point >= 0xd800 && code_point <= 0xdfff; }

std::optional<Utf8Character> Decode(std::string_view text, const Form& form) {
  if (text.size() < form.length) return std::nullopt;
  const auto lead = static_cast<std::uint8_t>(text[0]);
  auto code_point = static_cast<char32_t>(lead & ~form.lead_mask & 0xff);
  for (const char next : text.substr(1, form.length - 1)) {
    const auto byte = static_cast<std::uint8_t>(next);
    if ((byte & 0xc0) != 0x80) return std::nullopt;
    code_point = (code_point << 6) | (byte & 0x3f);
  }
  if (code_point < form.smallest || code_point > kLargest || IsSurrogate(code_point)) {
    return std::nullopt;
  }
  return Utf8Character{code_point, form.length};
}

}  // namespace

std::optional<Utf8Character> FrontCharacter(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<std::uint8_t>(text[0]);
  for (const Form& form : kForms) {
    if ((lead & form.lead_mask) == form.lead) return Decode(text, form);
  }
  return std::nullopt;
}

}  // namespace connwatch
