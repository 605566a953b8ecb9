#include "core/connection_classifier.h"

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

// Most hosts have no rule about units: then nobody needs their names.
bool ConnectionClassifier::UsesUnits(const GroupBookOptions& options) {
  return options.group_by == GroupBy::kUnit ||
         std::ranges::any_of(options.rules,
                             [](const GroupRule& rule) { return !rule.match.units.empty(); });
}

void ConnectionClassifier::SetListening(std::uint16_t port, MonotonicTime now) {
  listened_until_[port] = now + kListenedMemory;
  latest_ = now;
}

std::optional<GroupKey> ConnectionClassifier::Classify(const SocketRecord& record) {
  if (exclude_loopback_ && record.local.address.IsLoopback() &&
      record.remote.address.IsLoopback()) {
    return std::nullopt;
  }
  const bool is_listened = listened_until_[record.local.port] > latest_;
  const Direction direction = is_listened ? Direction::kInbound : Direction::kOutbound;
  const std::string unit = uses_units_ ? UnitOf(record) : std::string();
  const ConnectionTraits traits{
      .direction = direction, .local = record.local, .remote = record.remote, .unit = unit};
  return GroupKey{direction, book_.Of(traits)};
}

std::string ConnectionClassifier::UnitOf(const SocketRecord& record) const {
  return record.cgroup_id ? unit_names_(*record.cgroup_id) : std::string();
}

}  // namespace connwatch
