#include "config/json_check.h"

#include <algorithm>
#include <string>

#include "config/value_parser.h"

namespace connwatch {

namespace {

// Reads from the front of a text. Each function returns false at a mistake; `position` is where the
// mistake is then.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool ReadText() {
    if (!ReadValue(0)) return false;
    SkipSpace();
    return position_ == text_.size();
  }

  std::size_t position() const { return position_; }

 private:
  char Next() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  bool Take(char character) {
    if (position_ == text_.size() || text_[position_] != character) return false;
    ++position_;
    return true;
  }

  void SkipSpace() {
    position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), text_.size());
  }

  bool ReadWord(std::string_view word) {
    if (!text_.substr(position_).starts_with(word)) return false;
    position_ += word.size();
    return true;
  }

  bool ReadDigits() {
    const std::size_t end = std::min(text_.find_first_not_of(kDigits, position_), text_.size());
    const bool has_any = end > position_;
    position_ = end;
    return has_any;
  }

  bool ReadNumber() {
    Take('-');
    if (!Take('0') && !ReadDigits()) return false;
    if (Take('.') && !ReadDigits()) return false;
    if (!Take('e') && !Take('E')) return true;
    if (!Take('+')) Take('-');
    return ReadDigits();
  }

  bool ReadEscape() {
    constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
    constexpr std::size_t kCodeDigits = 4;
    if (position_ == text_.size()) return false;
    if (!Take('u')) return std::string_view("\"\\/bfnrt").find(text_[position_++]) != kNotFound;
    for (std::size_t i = 0; i < kCodeDigits; ++i, ++position_) {
      if (position_ == text_.size() || kHexDigits.find(text_[position_]) == kNotFound) return false;
    }
    return true;
  }

  bool ReadString() {
    constexpr unsigned char kFirstPrintable = 0x20;
    if (!Take('"')) return false;
    while (position_ < text_.size()) {
      if (Take('"')) return true;
      if (Take('\\')) {
        if (!ReadEscape()) return false;
      } else if (static_cast<unsigned char>(text_[position_]) < kFirstPrintable) {
        return false;
      } else {
        ++position_;
      }
    }
    return false;
  }

  bool ReadMember(std::size_t depth) {
    SkipSpace();
    if (!ReadString()) return false;
    SkipSpace();
    return Take(':') && ReadValue(depth);
  }

  // `read` reads an item after the opening bracket or a comma.
  template <typename Read>
  bool ReadItems(char end, Read read) {
    SkipSpace();
    if (Take(end)) return true;
    do {
      if (!read()) return false;
      SkipSpace();
    } while (Take(','));
    return Take(end);
  }

  bool ReadValue(std::size_t depth) {
    SkipSpace();
    if (depth == kMaxJsonDepth) return false;
    if (Take('{')) return ReadItems('}', [this, depth] { return ReadMember(depth + 1); });
    if (Take('[')) return ReadItems(']', [this, depth] { return ReadValue(depth + 1); });
    switch (Next()) {
      case '"':
        return ReadString();
      case 't':
        return ReadWord("true");
      case 'f':
        return ReadWord("false");
      case 'n':
        return ReadWord("null");
      default:
        return ReadNumber();
    }
  }

  static constexpr std::size_t kNotFound = std::string_view::npos;

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

std::optional<std::size_t> FindJsonMistake(std::string_view text) {
  JsonReader reader(text);
  if (reader.ReadText()) return std::nullopt;
  return reader.position();
}

}  // namespace connwatch
