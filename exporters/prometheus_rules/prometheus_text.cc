#include "exporters/prometheus_rules/prometheus_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace connwatch {

using std::chrono::milliseconds;

std::string QuotedForPrometheus(std::string_view text) {
  // YAML 1.2, 5.1 and 5.4: characters that must not be in a document, or that would break the line,
  // beside ASCII's control characters. Each has three bytes in UTF-8.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEscaped = {
      {{"\xe2\x80\xa8", "\\u2028"},
       {"\xe2\x80\xa9", "\\u2029"},
       {"\xef\xbb\xbf", "\\ufeff"},
       {"\xef\xbf\xbe", "\\ufffe"},
       {"\xef\xbf\xbf", "\\uffff"}}};
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto escape = [&](std::uint8_t code) {
    return std::string("\\u00") + kHex[code >> 4U] + kHex[code & 0xfU];
  };
  std::string quoted;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const std::uint8_t next = i + 1 < text.size() ? static_cast<std::uint8_t>(text[i + 1]) : 0;
    const auto* found = std::ranges::find(kEscaped, text.substr(i, 3),
                                          &std::pair<std::string_view, std::string_view>::first);
    if (text[i] == '"' || text[i] == '\\') {
      quoted += {'\\', text[i]};
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += escape(byte);
    } else if (byte == 0xc2 && next < 0xa0) {  // U+0080 to U+009F
      quoted += escape(next);
      ++i;
    } else if (found != kEscaped.end()) {
      quoted += found->second;
      i += 2;
    } else {
      quoted += text[i];
    }
  }
  return '"' + quoted + '"';
}

std::string EscapedForRegex(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (std::string_view(R"(\.+*?()|[]{}^$)").find(character) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += character;
  }
  return escaped;
}

std::string PrometheusDuration(milliseconds duration) {
  constexpr std::array<std::pair<milliseconds::rep, std::string_view>, 3> kUnits = {
      {{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}}};
  for (const auto& [length, unit] : kUnits) {
    if (duration.count() % length == 0 && duration.count() > 0) {
      return std::to_string(duration.count() / length) + std::string(unit);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

std::string FormatNumber(double number) {
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end.ptr};
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace connwatch
