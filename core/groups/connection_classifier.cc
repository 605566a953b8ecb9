#include "core/groups/connection_classifier.h"

#include <algorithm>
#include <utility>

#include "core/sockets/opener_evidence.h"

namespace connwatch {

ConnectionClassifier::ConnectionClassifier(const ClassifierOptions& options, UnitNames unit_names)
    : book_(options.groups),
      unit_names_(std::move(unit_names)),
      uses_units_(UsesUnits(options.groups)),
      has_groups_(HasGroups(options.groups)),
      exclude_loopback_(options.exclude_loopback) {}

Result<void> ConnectionClassifier::Reconfigure(const GroupBookOptions& groups) {
  if (auto applied = book_.Reconfigure(groups); !applied) return applied;
  uses_units_ = UsesUnits(groups);
  has_groups_ = HasGroups(groups);
  return {};
}

// Most hosts have no rule about units. Then the names of units are not needed.
bool ConnectionClassifier::UsesUnits(const GroupBookOptions& options) {
  return options.group_by == GroupBy::kUnit ||
         std::ranges::any_of(options.rules,
                             [](const GroupRule& rule) { return !rule.match.units.empty(); });
}

bool ConnectionClassifier::HasGroups(const GroupBookOptions& options) {
  return options.group_by != GroupBy::kNone || !options.rules.empty();
}

void ConnectionClassifier::TakeForServices(std::span<const ShownGroup> shown) {
  for (const ShownGroup& group : shown) {
    const auto port = PortNaming(group.name);
    if (!port) continue;
    for (const Direction direction : kDirections) {
      if (group.directions.at(IndexOf(direction))) services_.Add(direction, *port);
    }
  }
}

void ConnectionClassifier::AddListener(const SocketRecord& listening, MonotonicTime now) {
  now_ = std::max(now_, now);
  listening_.Add(listening, now);
  if (!has_groups_) return;
  const std::uint16_t port = listening.local.port;
  if (const auto since = listening_.ListeningSince(port)) services_.SeeListener(port, *since, now);
}

void ConnectionClassifier::BeginFullPoll(MonotonicTime now) {
  now_ = std::max(now_, now);
  ++full_polls_;
}

DirectionGuess ConnectionClassifier::Guess(const SocketRecord& record,
                                           MonotonicTime begun_after) const {
  if (listening_.HasListened(record.local.port, begun_after)) {
    return {Direction::kInbound, GuessBasis::kListener};
  }
  return GuessByPorts(record);
}

DirectionGuess ConnectionClassifier::GuessByPorts(const SocketRecord& record) const {
  const bool is_local_ephemeral = services_.IsEphemeral(record.local.port);
  const bool is_remote_ephemeral = services_.IsEphemeral(record.remote.port);
  if (is_local_ephemeral == is_remote_ephemeral) return {};
  return {is_local_ephemeral ? Direction::kOutbound : Direction::kInbound, GuessBasis::kPortRange};
}

bool ConnectionClassifier::WillGuess(const SocketRecord& record, Direction direction) const {
  const DirectionGuess guess = Guess(record);
  if (guess.direction != direction) return false;
  const bool is_lasting =
      guess.basis != GuessBasis::kListener || listening_.IsListening(record.local.port);
  return is_lasting || GuessByPorts(record).direction == direction;
}

Direction ConnectionClassifier::DirectionOf(const SocketRecord& record) const {
  return EvidenceOf(record).direction.value_or(Guess(record).direction);
}

bool ConnectionClassifier::IsExcluded(const SocketRecord& record) const {
  return exclude_loopback_ && record.local.address.IsLoopback() &&
         record.remote.address.IsLoopback();
}

ConnectionTraits ConnectionClassifier::TraitsOf(const SocketRecord& record, Direction direction,
                                                std::string_view unit) const {
  const bool is_inbound = direction == Direction::kInbound;
  const std::uint16_t naming_port = is_inbound ? record.local.port : record.remote.port;
  return {.direction = direction,
          .local = record.local,
          .remote = record.remote,
          .unit = unit,
          .is_service = services_.IsService(direction, naming_port)};
}

std::optional<Classification> ConnectionClassifier::Classify(const SocketRecord& record,
                                                             Direction direction,
                                                             Sighting sighting) {
  if (IsExcluded(record)) return std::nullopt;
  if (!has_groups_) return Classification{.key = {direction, kOtherGroup}};
  if (direction == Direction::kOutbound) {
    if (sighting.is_new) services_.CountConnection(record.remote.port, now_);
    if (sighting.is_polled) services_.CountPoll(record.remote.port, full_polls_, now_);
  }
  const std::string unit = UnitOf(record, direction);
  const ConnectionTraits traits = TraitsOf(record, direction, unit);
  const bool is_listener = record.state == TcpState::kListen;
  const GroupKey key{direction,
                     is_listener ? book_.OfListener(traits, now_) : book_.Of(traits, now_)};
  is_met_[key] = 1;
  const bool is_unit_known = !uses_units_ || !record.cgroup_id || !unit.empty();
  return Classification{key, is_unit_known && key.group != kEphemeralGroup};
}

void ConnectionClassifier::AddFoldedTraffic(const SocketRecord& record, Direction direction,
                                            std::uint64_t bytes) {
  if (!has_groups_) return;
  const std::string unit = UnitOf(record, direction);
  book_.AddFoldedTraffic(TraitsOf(record, direction, unit), bytes, now_);
}

GroupBook::Rearrangement ConnectionClassifier::Rearrange() {
  GroupBook::Rearrangement made = book_.Rearrange(now_);
  for (const GroupBook::Released& group : made.released) {
    if (group.port) services_.Forget(*group.port);
  }
  return made;
}

std::vector<ShownGroup> ConnectionClassifier::ShownGroups() const {
  std::vector<ShownGroup> shown;
  for (std::size_t place = 0; place < book_.size(); ++place) {
    const GroupId id = book_.AtPlace(static_cast<std::uint16_t>(place));
    if (!book_.IsShown(id)) continue;
    const bool inbound = is_met_[{Direction::kInbound, id}] != 0;
    const bool outbound = is_met_[{Direction::kOutbound, id}] != 0;
    const bool both = id == kOtherGroup || inbound == outbound;
    shown.push_back({id, std::string(book_.NameOf(id)), {both || inbound, both || outbound}});
  }
  return shown;
}

// An inbound connection belongs to the owner of its listener. So the unit is known of sockets for
// which the kernel does not tell the cgroup, as in destroy events.
std::string ConnectionClassifier::UnitOf(const SocketRecord& record, Direction direction) const {
  if (!uses_units_) return {};
  std::optional<std::uint64_t> cgroup_id = record.cgroup_id;
  if (!cgroup_id && direction == Direction::kInbound) cgroup_id = listening_.OwnerOf(record);
  return cgroup_id ? unit_names_(*cgroup_id) : std::string();
}

}  // namespace connwatch
