#include "core/groups/group_candidates.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

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

std::vector<std::string> GroupCandidates::TakeBusiest(std::size_t count) {
  using Item = std::pair<std::uint64_t, std::string_view>;
  std::vector<Item> order;
  if (count == 0) return {};
  order.reserve(candidates_.size());
  for (const auto& [name, candidate] : candidates_) order.emplace_back(candidate.bytes, name);
  const std::size_t taken = std::min(count, order.size());
  // Of several with equal traffic the name decides, so that the choice does not depend on the hash.
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(taken),
                            [](const Item& a, const Item& b) {
                              return std::tie(b.first, a.second) < std::tie(a.first, b.second);
                            });
  std::vector<std::string> names;
  names.reserve(taken);
  for (const Item& item : std::span(order).first(taken)) {
    names.push_back(candidates_.extract(candidates_.find(item.second)).key());
  }
  return names;
}

}  // namespace connwatch
