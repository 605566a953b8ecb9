// Lines of text for a terminal. Names come from others (a unit may be called anything), and a
// terminal obeys control characters, so no line may have any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace connwatch {

/// Returns `text` without control characters and without characters that change the direction of
/// text. Bytes that are no UTF-8 become "?".
std::string Printable(std::string_view text);

/// "1,234,567"
std::string GroupedDigits(std::uint64_t number);

/// Appends spaces until `text` is `width` characters long.
std::string PaddedTo(std::size_t width, std::string text);

class TextLines {
 public:
  /// In characters.
  static constexpr std::size_t kWidth = 80;

  /// Adds `text` as one line, whatever its length.
  void Add(std::string_view text);
  /// Adds `text` with `indent` before each line. It is broken between words where a line would
  /// become longer than kWidth.
  void AddWrapped(std::string_view indent, std::string_view text);

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace connwatch
