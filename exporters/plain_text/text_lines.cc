#include "exporters/plain_text/text_lines.h"

#include <algorithm>
#include <optional>

namespace connwatch {

namespace {

struct Utf8Form {
  std::size_t length;
  char32_t least;       // a smaller character has a shorter form
  unsigned char mask;   // of the bits of the first byte that say the length
  unsigned char first;  // these bits
};

constexpr Utf8Form kForms[] = {
    {1, 0, 0x80, 0x00}, {2, 0x80, 0xe0, 0xc0}, {3, 0x800, 0xf0, 0xe0}, {4, 0x1'0000, 0xf8, 0xf0}};

struct Utf8Character {
  char32_t value = 0;
  std::size_t length = 0;
};

// RFC 3629. nullopt if `text`, which is not empty, does not begin with a character.
std::optional<Utf8Character> FirstCharacterOf(std::string_view text) {
  constexpr unsigned char kMoreMask = 0xc0;
  constexpr unsigned char kMore = 0x80;
  constexpr unsigned kMoreBits = 6;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (const Utf8Form& form : kForms) {
    if ((byte(0) & form.mask) != form.first) continue;
    if (text.size() < form.length) return std::nullopt;
    char32_t value = byte(0) & static_cast<unsigned char>(~form.mask);
    for (std::size_t i = 1; i < form.length; ++i) {
      if ((byte(i) & kMoreMask) != kMore) return std::nullopt;
      value = value << kMoreBits | (byte(i) & static_cast<unsigned char>(~kMoreMask));
    }
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < form.least || is_surrogate || value > 0x10'ffff) return std::nullopt;
    return Utf8Character{value, form.length};
  }
  return std::nullopt;
}

bool IsControl(char32_t value) {
  const auto is_between = [value](char32_t first, char32_t last) {
    return value >= first && value <= last;
  };
  const bool is_c0_or_c1 = value < 0x20 || is_between(0x7f, 0x9f);
  const bool is_separator = is_between(0x2028, 0x2029);
  const bool is_direction = value == 0x61c || is_between(0x200e, 0x200f) ||
                            is_between(0x202a, 0x202e) || is_between(0x2066, 0x2069);
  return is_c0_or_c1 || is_separator || is_direction;
}

// In characters, of valid UTF-8.
std::size_t LengthOf(std::string_view text) {
  constexpr unsigned char kMoreMask = 0xc0;
  constexpr unsigned char kMore = 0x80;
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & kMoreMask) != kMore; }));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  printable.reserve(text.size());
  while (!text.empty()) {
    const auto character = FirstCharacterOf(text);
    const std::size_t length = character ? character->length : 1;
    if (!character) {
      printable += '?';
    } else if (!IsControl(character->value)) {
      printable += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return printable;
}

std::string GroupedDigits(std::uint64_t number) {
  constexpr std::size_t kGroup = 3;
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > kGroup; end -= kGroup)
    digits.insert(end - kGroup, 1, ',');
  return digits;
}

std::string PaddedTo(std::size_t width, std::string text) {
  const std::size_t length = LengthOf(text);
  if (length < width) text.append(width - length, ' ');
  return text;
}

void TextLines::Add(std::string_view text) {
  text_ += Printable(text);
  text_ += '\n';
}

void TextLines::AddWrapped(std::string_view indent, std::string_view text) {
  const std::string printable = Printable(text);
  std::string_view rest = printable;
  std::string line(indent);
  bool has_word = false;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (has_word && LengthOf(line) + 1 + LengthOf(word) > kWidth) {
      Add(line);
      line = indent;
      has_word = false;
    }
    if (has_word) line += ' ';
    line += word;
    has_word = true;
  }
  Add(line);
}

}  // namespace connwatch
