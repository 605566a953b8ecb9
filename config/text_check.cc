#include "config/text_check.h"

#include <cstddef>
#include <string>
#include <utility>

#include "config/printable.h"
#include "config/utf8.h"

namespace connwatch {

namespace {

constexpr std::size_t kMaxFlowCharacters = 200'000;
constexpr std::string_view kFlowCharacters = "[]{},";
constexpr char32_t kByteOrderMarkCodePoint = 0xfeff;

bool IsControl(char32_t code_point) { return code_point < 0x20 || code_point == 0x7f; }

bool IsAllowedControl(std::string_view rest) {
  return rest[0] == '\t' || rest[0] == '\n' || rest.starts_with("\r\n");
}

// Returns what is wrong with the character at the front of `rest`; empty if nothing is.
std::string Complaint(std::string_view rest, std::optional<Utf8Character> character,
                      TextPosition position) {
  if (!character) {
    return "the byte " + OneLine(rest.substr(0, 1)) + " is not UTF-8, must be saved as UTF-8 text";
  }
  if (IsControl(character->code_point) && !IsAllowedControl(rest)) {
    return "the control character " + OneLine(rest.substr(0, 1)) + " is not allowed, must be text";
  }
  if (character->code_point == kByteOrderMarkCodePoint) {
    return "a byte order mark (U+FEFF) is not allowed here, must be at most one, where the file "
           "begins";
  }
  if (rest[0] == '%' && position.column == 1) {
    return "directives are not supported, must be a document without lines that begin with %";
  }
  return {};
}

}  // namespace

std::optional<YamlMistake> FindUnacceptableText(std::string_view text) {
  TextPosition position{1, 1};
  std::size_t flow_characters = 0;
  while (!text.empty()) {
    const std::optional<Utf8Character> character = FrontCharacter(text);
    if (std::string complaint = Complaint(text, character, position); !complaint.empty()) {
      return YamlMistake{position, std::move(complaint)};
    }
    if (kFlowCharacters.find(text[0]) != std::string_view::npos &&
        ++flow_characters > kMaxFlowCharacters) {
      return YamlMistake{position, "too many commas and brackets, must be at most " +
                                       std::to_string(kMaxFlowCharacters)};
    }
    if (text[0] == '\n') {
      position = {position.line + 1, 1};
    } else {
      position.column += static_cast<int>(character->length);
    }
    text.remove_prefix(character->length);
  }
  return std::nullopt;
}

}  // namespace connwatch
