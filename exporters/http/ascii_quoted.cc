#include "exporters/http/ascii_quoted.h"

#include <cstddef>

namespace connwatch {

std::string AsciiQuoted(std::string_view text) {
  constexpr std::size_t kMaxCharacters = 40;
  std::string quoted = "\"";
  for (const char character : text.substr(0, kMaxCharacters)) {
    quoted += character >= ' ' && character <= '~' && character != '"' ? character : '?';
  }
  return quoted + (text.size() > kMaxCharacters ? "...\"" : "\"");
}

}  // namespace connwatch
