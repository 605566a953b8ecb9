#include "config/spelling.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace connwatch {

namespace {

// A word up to this length may differ by only one letter, because almost any short text is within
// two letters of it.
constexpr std::size_t kShortWord = 4;
constexpr std::size_t kShortestPrefix = 3;
constexpr std::size_t kLongestText = 64;

std::size_t LettersApart(std::string_view word) { return word.size() <= kShortWord ? 1 : 2; }

char LowerCase(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Levenshtein's distance, one row at a time.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string_view> ClosestWord(std::string_view text,
                                            std::span<const std::string_view> words) {
  // A longer text is close to no word, and comparing would be slow: it may be a megabyte long.
  if (text.size() > kLongestText) return std::nullopt;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerCase);

  std::optional<std::string_view> closest;
  std::size_t closest_distance = 0;
  for (const std::string_view word : words) {
    const bool is_prefix = lower.size() >= kShortestPrefix && word.starts_with(lower);
    const std::size_t distance = is_prefix ? 0 : Distance(lower, word);
    if (distance > LettersApart(word)) continue;
    if (!closest || distance < closest_distance) {
      closest = word;
      closest_distance = distance;
    }
  }
  return closest;
}

std::string Joined(std::span<const std::string_view> words) {
  std::string joined;
  for (const std::string_view word : words) {
    if (!joined.empty()) joined += ", ";
    joined += word;
  }
  return joined;
}

}  // namespace connwatch
