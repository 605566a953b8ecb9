// The automatic groups that there is no room for, and what traffic they have. If a place becomes
// free, the one with most traffic gets it. Used by one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/instant.h"

namespace connwatch {

class GroupCandidates {
 public:
  /// The most that are remembered. Further ones are neither counted nor get a place.
  static constexpr std::size_t kMaxCandidates = 65'536;
  /// A candidate is forgotten if it had no connection for this long. What a candidate moved counts
  /// half after each such time, so that present traffic decides.
  static constexpr std::chrono::hours kMemory{1};

  /// A connection of the group was met, or has moved `bytes` more.
  void Meet(std::string_view name, std::uint64_t bytes, MonotonicTime now);
  void ForgetOld(MonotonicTime now);
  /// Removes the candidates with most traffic, at most `count`, and returns their names, the
  /// busiest first.
  std::vector<std::string> TakeBusiest(std::size_t count);

  void Clear() { candidates_.clear(); }
  std::size_t size() const { return candidates_.size(); }

 private:
  struct Candidate {
    std::uint64_t bytes = 0;
    MonotonicTime latest;
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  std::unordered_map<std::string, Candidate, NameHash, std::equal_to<>> candidates_;
  MonotonicTime halved_;
};

}  // namespace connwatch
