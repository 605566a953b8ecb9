#include "bench/flags.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace connwatch::bench {

namespace {

Error WrongValue(std::string_view flag, const std::string& wanted, std::string_view text) {
  return Error{0, std::string(flag) + ": want " + wanted + ", not '" + std::string(text) + "'"};
}

Result<void> Set(const NumberFlag& flag, std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end || number < flag.min || number > flag.max) {
    return WrongValue(
        flag.name, "a number from " + std::to_string(flag.min) + " to " + std::to_string(flag.max),
        text);
  }
  flag.value = number;
  return {};
}

Result<void> Set(const WordFlag& flag, std::string_view text) {
  std::string wanted = "one of";
  for (const WordFlag::Word& word : flag.words) {
    if (word.text == text) {
      flag.value = word.meaning;
      return {};
    }
    wanted += ' ';
    wanted += word.text;
  }
  return WrongValue(flag.name, wanted, text);
}

template <typename Flag>
const Flag* Find(std::initializer_list<Flag> flags, std::string_view name) {
  const auto* const found = std::ranges::find(flags, name, &Flag::name);
  return found == flags.end() ? nullptr : found;
}

}  // namespace

Result<void> ReadFlags(std::span<char* const> arguments, std::initializer_list<NumberFlag> numbers,
                       std::initializer_list<WordFlag> words) {
  for (; !arguments.empty(); arguments = arguments.subspan(2)) {
    const std::string_view name = arguments[0];
    const NumberFlag* const number = Find(numbers, name);
    const WordFlag* const word = Find(words, name);
    if (number == nullptr && word == nullptr) {
      return Error{0, "unknown flag '" + std::string(name) + "'"};
    }
    if (arguments.size() < 2) return Error{0, std::string(name) + ": value missing"};
    const std::string_view text = arguments[1];
    if (auto set = number != nullptr ? Set(*number, text) : Set(*word, text); !set) return set;
  }
  return {};
}

}  // namespace connwatch::bench
