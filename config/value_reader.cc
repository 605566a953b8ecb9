#include "config/value_reader.h"

#include <algorithm>
#include <optional>

#include "config/printable.h"
#include "config/spelling.h"
#include "core/base/result.h"

namespace connwatch {

namespace {

void RunCheck(const Check& check, const Place& place, std::size_t errors_before) {
  if (check && place.errors.size() == errors_before) check(place);
}

// Reads the values of one mapping, key by key in the order of the file.
class MappingReader {
 public:
  explicit MappingReader(std::vector<KeyReader> keys) : keys_(std::move(keys)) {
    for (const KeyReader& key : keys_) names_.push_back(key.key);
  }

  std::string MustBe() const { return "a mapping with keys: " + Joined(names_); }

  void Read(const Place& place) const {
    std::vector<int> seen_on_line(keys_.size(), 0);
    for (const YamlNode& value : place.node.children) {
      if (place.errors.full()) return;
      const std::string key_path = KeyPathBelow(place.key_path, Clipped(value.key));
      const auto name = std::find(names_.begin(), names_.end(), value.key);
      if (name == names_.end()) {
        place.errors.Add(value.key_position, key_path, UnknownKey(value.key));
        continue;
      }
      const auto index = static_cast<std::size_t>(name - names_.begin());
      if (seen_on_line[index] != 0) {
        place.errors.Add(value.key_position, key_path,
                         "duplicate key, must be given once; it is already on line " +
                             std::to_string(seen_on_line[index]));
        continue;
      }
      seen_on_line[index] = value.key_position.line;
      keys_[index].value.read({value, key_path, place.errors});
    }
  }

 private:
  std::string UnknownKey(std::string_view key) const {
    std::string message = "unknown key, ";
    if (const std::optional<std::string_view> closest = ClosestWord(key, names_)) {
      message += "did you mean " + Quoted(*closest) + "? ";
    }
    return message + "known keys: " + Joined(names_);
  }

  std::vector<KeyReader> keys_;
  std::vector<std::string_view> names_;
};

std::vector<std::string> KeyPaths(const std::vector<KeyReader>& keys) {
  std::vector<std::string> paths;
  for (const KeyReader& key : keys) {
    const std::string name(key.key);
    if (key.value.key_paths.empty()) paths.push_back(name);
    for (const std::string& path : key.value.key_paths) paths.push_back(KeyPathBelow(name, path));
  }
  return paths;
}

}  // namespace

ValueReader Mapping(std::vector<KeyReader> keys, Check check) {
  std::vector<std::string> key_paths = KeyPaths(keys);
  const auto read = [reader = MappingReader(std::move(keys)),
                     check = std::move(check)](const Place& place) {
    if (!place.HasNothing() && !place.Is(YamlNode::Kind::kMapping, reader.MustBe())) return;
    const std::size_t errors_before = place.errors.size();
    reader.Read(place);
    RunCheck(check, place, errors_before);
  };
  return {read, std::move(key_paths)};
}

ValueReader NumberReader(NumberRange range, std::function<void(std::uint64_t)> store) {
  const auto read = [range, store = std::move(store)](const Place& place) {
    const std::string must_be = "a whole number " + range.ToString();
    if (!place.Is(YamlNode::Kind::kScalar, must_be)) return;
    if (place.node.quoted) {
      return place.Reject(Quoted(place.node.text) + " is in quotes, must be " + must_be);
    }
    const Result<std::uint64_t> number = ParseNumber(place.node.text, range);
    if (!number) return place.Reject(number.error().context);
    store(*number);
  };
  return {read, {}};
}

ValueReader Percentage(double& into) {
  const auto read = [&into](const Place& place) {
    if (!place.Is(YamlNode::Kind::kScalar, "a percentage such as 2%")) return;
    const Result<double> share = ParsePercentage(place.node.text);
    if (!share) return place.Reject(share.error().context);
    into = *share;
  };
  return {read, {}};
}

ValueReader Size(std::uint64_t& into, NumberRange range) {
  const auto read = [&into, range](const Place& place) {
    if (!place.Is(YamlNode::Kind::kScalar, "a size such as 64KiB")) return;
    const Result<std::uint64_t> size = ParseSize(place.node.text, range);
    if (!size) return place.Reject(size.error().context);
    into = *size;
  };
  return {read, {}};
}

ValueReader DurationReader(DurationRange range,
                           std::function<void(std::chrono::microseconds)> store) {
  const auto read = [range, store = std::move(store)](const Place& place) {
    if (!place.Is(YamlNode::Kind::kScalar, "a duration " + range.ToString())) return;
    const Result<std::chrono::microseconds> duration = ParseDuration(place.node.text, range);
    if (!duration) return place.Reject(duration.error().context);
    store(*duration);
  };
  return {read, {}};
}

ValueReader WordReader(std::vector<std::string_view> words,
                       std::function<void(std::size_t)> store) {
  const auto read = [words = std::move(words), store = std::move(store)](const Place& place) {
    if (!place.Is(YamlNode::Kind::kScalar, "one of: " + Joined(words))) return;
    const Result<std::size_t> index = ParseWord(place.node.text, words);
    if (!index) return place.Reject(index.error().context);
    store(*index);
  };
  return {read, {}};
}

ValueReader TextReader(std::string must_be,
                       std::function<Result<void>(const std::string&)> parse_and_store) {
  const auto read = [must_be = std::move(must_be),
                     parse_and_store = std::move(parse_and_store)](const Place& place) {
    if (!place.Is(YamlNode::Kind::kScalar, must_be)) return;
    const Result<void> stored = parse_and_store(place.node.text);
    if (!stored) place.Reject(stored.error().context);
  };
  return {read, {}};
}

ValueReader SequenceReader(NumberRange count, std::function<void(const Place&)> read, Check check) {
  const auto read_all = [count, read = std::move(read),
                         check = std::move(check)](const Place& place) {
    if (place.HasNothing() && count.min == 0) return;
    const std::string must_be = "a list with " + count.ToString() + " values";
    if (!place.Is(YamlNode::Kind::kSequence, must_be)) return;
    const std::size_t size = place.node.children.size();
    if (size < count.min || size > count.max) {
      return place.Reject("has " + std::to_string(size) + " values, must be " + must_be);
    }
    const std::size_t errors_before = place.errors.size();
    read(place);
    RunCheck(check, place, errors_before);
  };
  return {read_all, {}};
}

}  // namespace connwatch
