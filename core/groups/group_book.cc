#include "core/groups/group_book.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "core/base/port_range.h"

namespace connwatch {

namespace {

// "other" and "ephemeral" take no room.
constexpr std::size_t kFixedGroups = 2;

std::uint16_t NamingPort(const ConnectionTraits& traits) {
  return traits.direction == Direction::kInbound ? traits.local.port : traits.remote.port;
}

}  // namespace

std::optional<std::uint16_t> PortNaming(std::string_view group) {
  std::uint16_t port = 0;
  const auto end = std::from_chars(group.data(), group.data() + group.size(), port);
  const bool is_port = end.ec == std::errc{} && end.ptr == group.data() + group.size();
  return is_port ? std::optional(port) : std::nullopt;
}

GroupBook::GroupBook(const GroupBookOptions& options) {
  Open("other");
  groups_[kOtherGroup.place].is_met = true;
  Open("ephemeral");
  Apply(options);
}

bool GroupBook::IsShown(GroupId id) const {
  const Group& group = groups_[id.place];
  return !group.is_free && (group.is_configured || group.is_met);
}

GroupId GroupBook::Of(const ConnectionTraits& traits, MonotonicTime now) {
  const GroupId id = OfListener(traits, now);
  if (id == kOtherGroup) {
    AddFoldedTraffic(traits, 0, now);
  } else {
    Meet(id, now);
  }
  return id;
}

GroupId GroupBook::OfListener(const ConnectionTraits& traits, MonotonicTime now) {
  if (const std::optional<std::size_t> rule = rules_.Match(traits)) {
    return AtPlace(rule_places_[*rule]);
  }
  if (group_by_ == GroupBy::kNone) return kOtherGroup;
  if (IsByUnit(traits)) return Admit(traits.unit, now);
  if (traits.is_service) return OfPort(NamingPort(traits), now);
  groups_[kEphemeralGroup.place].is_met = true;
  return kEphemeralGroup;
}

bool GroupBook::IsByUnit(const ConnectionTraits& traits) const {
  return group_by_ == GroupBy::kUnit && !traits.unit.empty();
}

GroupId GroupBook::OfPort(std::uint16_t port, MonotonicTime now) {
  std::uint16_t& place = port_places_[port];
  if (place == kOtherGroup.place) place = Admit(std::to_string(port), now).place;
  return AtPlace(place);
}

void GroupBook::Meet(GroupId id, MonotonicTime now) {
  groups_[id.place].is_met = true;
  groups_[id.place].latest = now;
}

void GroupBook::AddFoldedTraffic(const ConnectionTraits& traits, std::uint64_t bytes,
                                 MonotonicTime now) {
  if (group_by_ == GroupBy::kNone) return;
  const std::string name =
      IsByUnit(traits) ? std::string(traits.unit) : std::to_string(NamingPort(traits));
  if (!by_name_.contains(name)) candidates_.Meet(name, bytes, now);
}

std::size_t GroupBook::InUse() const { return groups_.size() - free_places_.size() - kFixedGroups; }

std::size_t GroupBook::Room() const {
  const std::size_t most = std::min(max_groups_, kMaxPlaces - kFixedGroups);
  return most - std::min(most, InUse());
}

bool GroupBook::IsCrowded() const {
  return InUse() > std::min(kCrowdedTimes * max_groups_, kMaxAfterReload - kMaxGroupRules);
}

// Returns the automatic group of this name: one that has a place, or a new one if there is room,
// else "other".
GroupId GroupBook::Admit(std::string_view name, MonotonicTime now) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    return AtPlace(known->second);
  }
  if (Room() == 0) return kOtherGroup;
  const GroupId id = Open(name);
  Meet(id, now);
  return id;
}

GroupId GroupBook::Open(std::string_view name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    return AtPlace(known->second);
  }
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint16_t>(groups_.size()));
    groups_.emplace_back();
  } else {
    ++groups_[free_places_.back()].generation;
  }
  const std::uint16_t place = free_places_.back();
  free_places_.pop_back();
  Group& group = groups_[place];
  group = {.name = std::string(name), .port = PortNaming(name), .generation = group.generation};
  by_name_.emplace(group.name, place);
  return AtPlace(place);
}

GroupBook::Released GroupBook::Release(std::uint16_t place) {
  Group& group = groups_[place];
  by_name_.erase(group.name);
  if (group.port && !port_places_.empty()) port_places_[*group.port] = kOtherGroup.place;
  group.is_free = true;
  free_places_.push_back(place);
  return {AtPlace(place), group.port};
}

std::vector<std::uint16_t> GroupBook::IdlePlaces(MonotonicTime now) const {
  std::vector<std::uint16_t> idle;
  for (std::size_t place = kFixedGroups; place < groups_.size(); ++place) {
    const Group& group = groups_[place];
    const bool is_idle = now - group.latest >= kIdleWhenCrowded;
    if (is_idle && !group.is_free && !group.is_configured) {
      idle.push_back(static_cast<std::uint16_t>(place));
    }
  }
  std::ranges::stable_sort(idle, {}, [this](std::uint16_t place) { return groups_[place].latest; });
  return idle;
}

GroupBook::Rearrangement GroupBook::Rearrange(MonotonicTime now) {
  Rearrangement made;
  candidates_.ForgetOld(now);
  const std::size_t wanted = candidates_.size();
  if (wanted > Room() || IsCrowded()) {
    for (const std::uint16_t place : IdlePlaces(now)) {
      const bool may_be_taken = now - groups_[place].latest >= kIdle && wanted > Room();
      if (!may_be_taken && !IsCrowded()) break;
      made.released.push_back(Release(place));
    }
  }
  for (const std::string& name : candidates_.TakeBusiest(Room())) {
    Meet(Open(name), now);
    made.has_new_groups = true;
  }
  return made;
}

std::size_t GroupBook::CountNewNames(const std::vector<GroupRule>& rules) const {
  std::unordered_set<std::string_view> names;
  for (const GroupRule& rule : rules) {
    if (!by_name_.contains(rule.name)) names.insert(rule.name);
  }
  return names.size();
}

Result<void> GroupBook::Reconfigure(const GroupBookOptions& options) {
  if (InUse() + CountNewNames(options.rules) > kMaxAfterReload) {
    return Error{0, "more than " + std::to_string(kMaxAfterReload) +
                        " groups in use: those that are no longer configured give way once they "
                        "had no connection for a minute"};
  }
  Apply(options);
  return {};
}

void GroupBook::Apply(const GroupBookOptions& options) {
  for (Group& group : groups_) group.is_configured = false;
  rule_places_.clear();
  for (const GroupRule& rule : options.rules) {
    rule_places_.push_back(Open(rule.name).place);
    groups_[rule_places_.back()].is_configured = true;
  }
  for (std::size_t place = kFixedGroups; place < groups_.size(); ++place) {
    const Group& group = groups_[place];
    const bool is_unused = !group.is_free && !group.is_configured && !group.is_met;
    if (is_unused) Release(static_cast<std::uint16_t>(place));
  }
  rules_ = GroupRules(options.rules);
  group_by_ = options.group_by;
  if (group_by_ != GroupBy::kNone) port_places_.resize(kPortCount, kOtherGroup.place);
  max_groups_ = options.max_groups;
  candidates_.Clear();
}

}  // namespace connwatch
