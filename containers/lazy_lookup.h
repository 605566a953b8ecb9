// Names that are read when somebody asks for them, and then remembered. What is read are files of
// other programs, so a name may be missing for a while, or for ever, and there may be any number of
// names. For one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/base/instant.h"

namespace connwatch {

/// Keys that were looked for and not found, each for a time.
class MissingKeys {
 public:
  /// How long a key counts as missing before it is looked for again.
  static constexpr std::chrono::seconds kMemory{30};
  /// The most keys. Beyond it all are forgotten.
  static constexpr std::size_t kMaxKeys = 16'384;

  void Add(const std::string& key, MonotonicTime now) {
    if (until_.size() >= kMaxKeys) until_.clear();
    until_.insert_or_assign(key, now + kMemory);
  }
  bool Contains(const std::string& key, MonotonicTime now) const {
    const auto known = until_.find(key);
    return known != until_.end() && now < known->second;
  }

 private:
  std::unordered_map<std::string, MonotonicTime> until_;
};

/// For names that can only be read all together.
template <typename Value>
class LazyIndex {
 public:
  using Map = std::unordered_map<std::string, Value>;
  struct Contents {
    Map map;
    std::size_t entries = 0;  // that were looked at
  };

  /// The least time between two readings.
  static constexpr std::chrono::milliseconds kMinPause{1'000};

  /// `read` returns nullopt if it fails: what was known then stays. `pause_per_entry` makes the
  /// time between two readings longer the more there is to read.
  LazyIndex(std::function<std::optional<Contents>()> read,
            std::chrono::microseconds pause_per_entry)
      : read_(std::move(read)), pause_per_entry_(pause_per_entry) {}

  /// Returns nullptr if the key is not there, or not known before the next reading. Valid until the
  /// next call.
  const Value* Find(const std::string& key, MonotonicTime now) {
    if (const Value* known = Known(key)) return known;
    if (now < next_ || missing_.Contains(key, now)) return nullptr;
    next_ = now + kMinPause;
    std::optional<Contents> contents = read_();
    if (!contents) return nullptr;
    map_ = std::move(contents->map);
    next_ = std::max(next_, now + pause_per_entry_ * static_cast<long>(contents->entries));
    const Value* found = Known(key);
    if (found == nullptr) missing_.Add(key, now);
    return found;
  }

 private:
  const Value* Known(const std::string& key) const {
    const auto known = map_.find(key);
    return known == map_.end() ? nullptr : &known->second;
  }

  const std::function<std::optional<Contents>()> read_;
  const std::chrono::microseconds pause_per_entry_;
  Map map_;  // as of the latest reading
  MissingKeys missing_;
  MonotonicTime next_{};
};

/// For names that can be read one by one.
template <typename Value>
class LazyLookup {
 public:
  /// The most names. Beyond it all are forgotten and read again.
  static constexpr std::size_t kMaxNames = 16'384;

  explicit LazyLookup(std::function<std::optional<Value>(const std::string& key)> read)
      : read_(std::move(read)) {}

  /// Returns nullptr if the key is not there. Valid until the next call.
  const Value* Find(const std::string& key, MonotonicTime now) {
    if (const auto known = map_.find(key); known != map_.end()) return &known->second;
    if (missing_.Contains(key, now)) return nullptr;
    auto value = read_(key);
    if (!value) {
      missing_.Add(key, now);
      return nullptr;
    }
    if (map_.size() >= kMaxNames) map_.clear();
    return &map_.emplace(key, *std::move(value)).first->second;
  }

 private:
  const std::function<std::optional<Value>(const std::string& key)> read_;
  std::unordered_map<std::string, Value> map_;
  MissingKeys missing_;
};

}  // namespace connwatch
