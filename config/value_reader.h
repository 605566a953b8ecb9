// The parts that a configuration's schema is built from. Each reads one YamlNode into one variable
// of a Config, or says what is wrong with it.
//
//   Mapping({{"full", Duration(config.poll.full, {.min = 100ms, .max = 1h})}})
//
// Rejected: a function per section that asks for its keys one by one. With a table of parts,
// mistakes come in the order of the file, no known key can be forgotten, and a new key is one line
// in config_schema.cc.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/place.h"
#include "config/value_parser.h"
#include "config/word_for.h"
#include "core/base/result.h"

namespace connwatch {

/// Reads one kind of value. The functions below make it. The variable that they are given must
/// outlive it. If the value has a mistake, the variable is unspecified.
struct ValueReader {
  std::function<void(const Place&)> read;
  /// The keys below a mapping, "poll.full"; empty for everything else.
  std::vector<std::string> key_paths;
};

struct KeyReader {
  std::string_view key;
  ValueReader value;
};

/// Checks several values together. Called only if each of them is right by itself.
using Check = std::function<void(const Place&)>;

/// Reads a mapping in which each of `keys` may come once, and no other key may come. If a key is
/// absent, its variable stays as it is. Nothing at all is a mapping without keys.
ValueReader Mapping(std::vector<KeyReader> keys, Check check = {});

/// The readers that the templates below share. They pass a value in range to `store`.
ValueReader NumberReader(NumberRange range, std::function<void(std::uint64_t)> store);
ValueReader DurationReader(DurationRange range,
                           std::function<void(std::chrono::microseconds)> store);
ValueReader WordReader(std::vector<std::string_view> words, std::function<void(std::size_t)> store);
ValueReader TextReader(std::string must_be,
                       std::function<Result<void>(const std::string&)> parse_and_store);
/// Where a list may be empty, nothing at all is like an absent key.
ValueReader SequenceReader(NumberRange count, std::function<void(const Place&)> read, Check check);

/// Whole numbers, even if `into` could hold others.
template <typename T>
requires std::unsigned_integral<T> || std::floating_point<T> ValueReader Number(T& into,
                                                                                NumberRange range) {
  return NumberReader(range, [&into](std::uint64_t number) { into = static_cast<T>(number); });
}

/// Multiples of the unit of `into`.
template <typename Period>
ValueReader Duration(std::chrono::duration<std::int64_t, Period>& into, DurationRange range) {
  using Target = std::chrono::duration<std::int64_t, Period>;
  range.step = Target{1};
  return DurationReader(range, [&into](std::chrono::microseconds duration) {
    into = std::chrono::duration_cast<Target>(duration);
  });
}

/// Bytes.
ValueReader Size(std::uint64_t& into, NumberRange range);

/// A share of 1, written as a percentage.
ValueReader Percentage(double& into);

/// A single value, quoted or not, as `parse` understands it. `must_be` says what it should be.
template <typename T>
ValueReader Text(T& into, std::string must_be, Result<T> (*parse)(std::string_view)) {
  return TextReader(std::move(must_be), [&into, parse](const std::string& text) -> Result<void> {
    Result<T> value = parse(text);
    if (!value) return std::move(value).error();
    into = *std::move(value);
    return {};
  });
}

template <typename T>
ValueReader Word(T& into, std::vector<WordFor<std::type_identity_t<T>>> choices) {
  std::vector<std::string_view> words;
  words.reserve(choices.size());
  for (const auto& choice : choices) words.push_back(choice.word);
  return WordReader(std::move(words), [&into, choices = std::move(choices)](std::size_t index) {
    into = choices[index].value;
  });
}

template <typename T, std::size_t size>
ValueReader Word(T& into, const std::array<WordFor<T>, size>& choices) {
  return Word(into, std::vector<WordFor<T>>(choices.begin(), choices.end()));
}

/// Replaces what `into` held. `item` gives the reader of one item.
template <typename T>
ValueReader List(std::vector<T>& into, NumberRange count,
                 std::function<ValueReader(std::type_identity_t<T>&)> item, Check check = {}) {
  const auto read = [&into, item = std::move(item)](const Place& place) {
    into.assign(place.node.children.size(), T{});
    for (std::size_t i = 0; i < into.size(); ++i) item(into[i]).read(place.Item(i));
  };
  return SequenceReader(count, read, std::move(check));
}

/// A list as above, or one item without the brackets.
template <typename T>
ValueReader OneOrList(std::vector<T>& into, NumberRange count,
                      std::function<ValueReader(std::type_identity_t<T>&)> item) {
  const auto read = [&into, count, item, list = List(into, count, item)](const Place& place) {
    const bool is_list = place.node.kind == YamlNode::Kind::kSequence;
    if (is_list || (place.HasNothing() && count.min == 0)) return list.read(place);
    into.assign(1, T{});
    item(into.front()).read(place);
  };
  return {read, {}};
}

}  // namespace connwatch
