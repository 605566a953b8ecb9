// Chooses the transitions of alerts that are worth a line of the log. A value that stays at its
// threshold makes an alert pending and inactive again and again, for as long as it stays there.
// Writes nothing. Time is passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert.h"
#include "core/base/instant.h"

namespace connwatch {

/// For the loop thread.
class AlertEpisodes {
 public:
  /// What happens to an alert less than this after it was last pending, firing or resolved belongs
  /// to the same episode.
  static constexpr std::chrono::minutes kQuiet{10};
  /// The most rules and subjects whose episodes are remembered. Of further ones everything is worth
  /// a line.
  static constexpr std::size_t kMaxRemembered = 10'000;

  /// Returns those of `transitions` that are worth a line, in the same order: every alert that
  /// fires or is resolved, and the first pending of an episode with its end. `transitions` must
  /// outlive what is returned.
  std::vector<const AlertTransition*> Tell(const std::vector<AlertTransition>& transitions);

 private:
  struct Episode {
    MonotonicTime latest;              // transition
    bool is_pending = false;           // now
    bool is_end_worth_a_line = false;  // of the pending that lasts
  };
  using Key = std::pair<std::string, std::string>;  // rule, subject

  bool IsWorthALine(const AlertTransition& transition);
  void ForgetQuietOnes(MonotonicTime now);

  std::map<Key, Episode> episodes_;
};

}  // namespace connwatch
