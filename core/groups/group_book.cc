#include "core/groups/group_book.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace connwatch {

namespace {

constexpr std::string_view kOtherName = "other";
constexpr std::size_t kPorts = 65'536;

}  // namespace

GroupBook::GroupBook(const GroupBookOptions& options) : port_ids_(kPorts, kOtherGroup) {
  groups_.push_back({std::string(kOtherName), true, true});
  by_name_.emplace(groups_.front().name, kOtherGroup);
  Apply(options);
}

bool GroupBook::IsShown(GroupId id) const {
  return groups_[id].is_configured || groups_[id].is_met;
}

GroupId GroupBook::Of(const ConnectionTraits& traits) {
  if (const std::optional<std::size_t> rule = rules_.Match(traits)) {
    const GroupId id = rule_ids_[*rule];
    Meet(id);
    return id;
  }
  if (group_by_ == GroupBy::kUnit && !traits.unit.empty()) return OfUnit(traits.unit);
  return OfPort(traits.direction == Direction::kInbound ? traits.local.port : traits.remote.port);
}

GroupId GroupBook::OfPort(std::uint16_t port) {
  if (const GroupId known = port_ids_[port]; known != kOtherGroup) return known;
  if (folded_ports_.test(port)) return kOtherGroup;
  port_ids_[port] = Admit(std::to_string(port));
  if (port_ids_[port] == kOtherGroup) folded_ports_.set(port);
  return port_ids_[port];
}

GroupId GroupBook::OfUnit(std::string_view unit) {
  const GroupId id = Admit(unit);
  if (id == kOtherGroup && unit != kOtherName && folded_units_.size() < kMaxFoldedUnits) {
    folded_units_.insert(std::hash<std::string_view>{}(unit));
  }
  return id;
}

// Returns the automatic group of this name: one that is already shown, or a new one if there is
// room, else "other".
GroupId GroupBook::Admit(std::string_view name) {
  const auto known = by_name_.find(name);
  const bool is_known = known != by_name_.end();
  if (is_known && IsShown(known->second)) {
    Meet(known->second);
    return known->second;
  }
  const bool has_room = shown_ < max_groups_ && (is_known || groups_.size() < kMaxIds);
  if (!has_room) return kOtherGroup;
  const GroupId id = is_known ? known->second : IdOf(name);
  Meet(id);
  ++shown_;
  return id;
}

void GroupBook::Meet(GroupId id) {
  bool& is_met = groups_[id].is_met;
  if (!is_met) is_met = true;  // avoids a store if nothing changes
}

GroupId GroupBook::IdOf(std::string_view name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
  const auto id = static_cast<GroupId>(groups_.size());
  groups_.push_back({std::string(name)});
  by_name_.emplace(groups_.back().name, id);
  return id;
}

std::size_t GroupBook::CountNewNames(const std::vector<GroupRule>& rules) const {
  std::unordered_set<std::string_view> names;
  for (const GroupRule& rule : rules) {
    if (!by_name_.contains(rule.name)) names.insert(rule.name);
  }
  return names.size();
}

Result<void> GroupBook::Reconfigure(const GroupBookOptions& options) {
  if (groups_.size() + CountNewNames(options.rules) > kMaxIds) {
    return Error{0, "more than " + std::to_string(kMaxIds - 1) +
                        " group names since the start, restart the daemon to use new ones"};
  }
  Apply(options);
  return {};
}

void GroupBook::Apply(const GroupBookOptions& options) {
  for (Group& group : groups_) group.is_configured = false;
  rule_ids_.clear();
  for (const GroupRule& rule : options.rules) {
    rule_ids_.push_back(IdOf(rule.name));
    groups_[rule_ids_.back()].is_configured = true;
  }
  rules_ = GroupRules(options.rules);
  group_by_ = options.group_by;
  max_groups_ = options.max_groups;
  folded_ports_.reset();
  folded_units_.clear();
  const auto shown = std::count_if(groups_.begin(), groups_.end(), [](const Group& group) {
    return group.is_configured || group.is_met;
  });
  shown_ = static_cast<std::size_t>(shown) - 1;  // "other" is always shown
}

}  // namespace connwatch
