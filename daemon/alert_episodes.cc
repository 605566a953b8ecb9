#include "daemon/alert_episodes.h"

namespace connwatch {

std::vector<const AlertTransition*> AlertEpisodes::Tell(
    const std::vector<AlertTransition>& transitions) {
  std::vector<const AlertTransition*> told;
  if (transitions.empty()) return told;
  ForgetQuietOnes(transitions.front().at.monotonic);
  for (const AlertTransition& transition : transitions) {
    if (IsWorthALine(transition)) told.push_back(&transition);
  }
  return told;
}

void AlertEpisodes::ForgetQuietOnes(MonotonicTime now) {
  std::erase_if(episodes_, [now](const auto& item) {
    const Episode& episode = item.second;
    return !episode.is_pending && now - episode.latest >= kQuiet;
  });
}

bool AlertEpisodes::IsWorthALine(const AlertTransition& transition) {
  Key key{transition.alert.rule->name, transition.alert.subject};
  auto found = episodes_.find(key);
  const bool is_new = found == episodes_.end();
  if (is_new && episodes_.size() >= kMaxRemembered) return true;
  if (is_new) found = episodes_.emplace(std::move(key), Episode{}).first;
  Episode& episode = found->second;
  episode.latest = transition.at.monotonic;
  episode.is_pending = transition.to == AlertState::kPending;
  switch (transition.to) {
    case AlertState::kPending:
      episode.is_end_worth_a_line = is_new;
      return is_new;
    case AlertState::kInactive:
      return is_new || episode.is_end_worth_a_line;
    case AlertState::kFiring:
    case AlertState::kResolved:
      break;
  }
  return true;
}

}  // namespace connwatch
