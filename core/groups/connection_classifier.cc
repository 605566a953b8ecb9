#include "core/groups/connection_classifier.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace connwatch {

ConnectionClassifier::ConnectionClassifier(const ClassifierOptions& options, UnitNames unit_names)
    : book_(options.groups),
      unit_names_(std::move(unit_names)),
      uses_units_(UsesUnits(options.groups)),
      exclude_loopback_(options.exclude_loopback),
      listened_until_(std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1) {}

Result<void> ConnectionClassifier::Reconfigure(const GroupBookOptions& groups) {
  if (auto applied = book_.Reconfigure(groups); !applied) return applied;
  uses_units_ = UsesUnits(groups);
  return {};
}

// Most hosts have no rule about units. Then the names of units are not needed.
bool ConnectionClassifier::UsesUnits(const GroupBookOptions& options) {
  return options.group_by == GroupBy::kUnit ||
         std::ranges::any_of(options.rules,
                             [](const GroupRule& rule) { return !rule.match.units.empty(); });
}

void ConnectionClassifier::SetListening(std::uint16_t port, MonotonicTime now) {
  listened_until_[port] = now + kListenedMemory;
  latest_ = now;
}

Direction ConnectionClassifier::DirectionOf(const SocketRecord& record) const {
  const bool is_listened = listened_until_[record.local.port] > latest_;
  return is_listened ? Direction::kInbound : Direction::kOutbound;
}

std::optional<Classification> ConnectionClassifier::Classify(const SocketRecord& record) {
  if (exclude_loopback_ && record.local.address.IsLoopback() &&
      record.remote.address.IsLoopback()) {
    return std::nullopt;
  }
  const Direction direction = DirectionOf(record);
  const std::string unit = uses_units_ ? UnitOf(record) : std::string();
  const GroupKey key{
      direction,
      book_.Of(
          {.direction = direction, .local = record.local, .remote = record.remote, .unit = unit})};
  is_met_[key] = 1;
  return Classification{key, !uses_units_ || !record.cgroup_id || !unit.empty()};
}

std::vector<ShownGroup> ConnectionClassifier::ShownGroups() const {
  std::vector<ShownGroup> shown;
  for (std::size_t i = 0; i < book_.size(); ++i) {
    const auto id = static_cast<GroupId>(i);
    if (!book_.IsShown(id)) continue;
    const bool inbound = is_met_[{Direction::kInbound, id}] != 0;
    const bool outbound = is_met_[{Direction::kOutbound, id}] != 0;
    const bool both = id == kOtherGroup || inbound == outbound;
    shown.push_back({id, std::string(book_.NameOf(id)), {both || inbound, both || outbound}});
  }
  return shown;
}

std::string ConnectionClassifier::UnitOf(const SocketRecord& record) const {
  return record.cgroup_id ? unit_names_(*record.cgroup_id) : std::string();
}

}  // namespace connwatch
