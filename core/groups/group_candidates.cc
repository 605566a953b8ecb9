#include "core/groups/group_candidates.h"

#include <algorithm>
#include <tuple>

namespace connwatch {

void GroupCandidates::Meet(std::string_view name, std::uint64_t bytes, MonotonicTime now) {
  auto found = candidates_.find(name);
  if (found == candidates_.end()) {
    if (candidates_.size() >= kMaxCandidates) return;
    found = candidates_.emplace(name, Candidate{}).first;
  }
  found->second.bytes += bytes;
  found->second.latest = now;
}

void GroupCandidates::ForgetOld(MonotonicTime now) {
  std::erase_if(candidates_,
                [now](const auto& candidate) { return now - candidate.second.latest > kMemory; });
  if (now - halved_ < kMemory) return;
  halved_ = now;
  for (auto& [name, candidate] : candidates_) candidate.bytes /= 2;
}

std::optional<std::string> GroupCandidates::TakeBusiest() {
  // Of several with equal traffic the name decides, so that the choice does not depend on the hash.
  const auto busiest = std::ranges::max_element(candidates_, [](const auto& a, const auto& b) {
    return std::tie(a.second.bytes, b.first) < std::tie(b.second.bytes, a.first);
  });
  if (busiest == candidates_.end()) return std::nullopt;
  return candidates_.extract(busiest).key();
}

}  // namespace connwatch
