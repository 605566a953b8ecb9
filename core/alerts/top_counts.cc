#include "core/alerts/top_counts.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace connwatch {

AlertEvidence::Counts TopOf(const NamedCounts& counts) {
  AlertEvidence::Counts top(counts.begin(), counts.end());
  std::erase_if(top, [](const auto& count) { return count.first.empty() || count.second == 0; });
  std::ranges::stable_sort(top, std::ranges::greater(), &AlertEvidence::Counts::value_type::second);
  top.resize(std::min(top.size(), kMaxTop));
  return top;
}

std::string MostOf(const NamedCounts& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  const AlertEvidence::Counts top = TopOf(counts);
  return !top.empty() && top.front().second > total / 2 ? top.front().first : std::string();
}

void AddUnits(const NamedCounts& units, AlertEvidence& evidence) {
  evidence.top_units = TopOf(units);
  if (evidence.top_units.empty()) return;
  const bool has_most = !MostOf(units).empty();
  AddFact(evidence.text, (has_most ? "most of them belong to " : "the unit with most of them is ") +
                             evidence.top_units.front().first);
}

}  // namespace connwatch
