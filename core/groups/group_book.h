// Gives every connection the small number of its group: by the first configured rule that takes it,
// else automatically by port or unit. Asked once per connection by whoever counts by group; the
// exporters take the names from it.
//
// A group, once it has a number, keeps it for the life of the process, so counts can be kept in
// arrays; its name never changes, and one name is one group, however it came about.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"
#include "core/groups/group_key.h"
#include "core/groups/group_rule.h"
#include "core/groups/group_rules.h"

namespace connwatch {

struct GroupBookOptions {
  /// At most kMaxGroupRules.
  std::vector<GroupRule> rules = {};
  GroupBy group_by = GroupBy::kPort;
  /// Groups beside "other", configured and automatic. Configured ones always fit; automatic ones
  /// get what they leave.
  std::size_t max_groups = 100;
};

/// For one thread.
class GroupBook {
 public:
  /// Units without room that folded() tells apart; more count as these.
  static constexpr std::size_t kMaxFoldedUnits = 65'536;

  /// The configured groups get the ids from 1 on, in the order of the rules.
  explicit GroupBook(const GroupBookOptions& options);

  /// The group of a connection; a new one, if no rule takes it and there is room. Without rules and
  /// by port, the group of a port met before is one look-up in an array.
  GroupId Of(const ConnectionTraits& traits);

  /// Valid as long as the book. `id` must be one that the book gave.
  std::string_view NameOf(GroupId id) const { return groups_[id].name; }

  /// Ids given so far are below this.
  std::size_t size() const { return groups_.size(); }

  /// Whether the group is to be shown: "other", the configured ones from the start, and every one
  /// that Of() ever gave. Not shown: groups that went from the configuration before they had a
  /// connection.
  bool IsShown(GroupId id) const;

  /// Different automatic groups that there was no room for, since the latest Reconfigure().
  std::uint64_t folded() const { return folded_ports_.count() + folded_units_.size(); }

  /// Applies new options from the next Of() on. Groups that are not configured any more stay like
  /// automatic ones if they ever had a connection, and then take room. More groups than
  /// `max_groups` can stay so until a restart; no automatic one is added then. Fails, changing
  /// nothing, where the names since the start would be more than 65,535.
  Result<void> Reconfigure(const GroupBookOptions& options);

 private:
  struct Group {
    std::string name;
    bool is_configured = false;
    bool is_met = false;  // had a connection
  };

  static constexpr std::size_t kMaxIds = std::size_t{std::numeric_limits<GroupId>::max()} + 1;

  void Apply(const GroupBookOptions& options);
  std::size_t CountNewNames(const std::vector<GroupRule>& rules) const;
  GroupId IdOf(std::string_view name);
  GroupId OfPort(std::uint16_t port);
  GroupId OfUnit(std::string_view unit);
  GroupId Admit(std::string_view name);
  void Meet(GroupId id);

  std::deque<Group> groups_;                               // by id; a deque leaves names in place
  std::unordered_map<std::string_view, GroupId> by_name_;  // into groups_
  std::size_t shown_ = 0;                                  // beside "other"

  GroupRules rules_;
  std::vector<GroupId> rule_ids_;  // by index of the rule
  GroupBy group_by_ = GroupBy::kPort;
  std::size_t max_groups_ = 0;

  std::vector<GroupId> port_ids_;  // by port; kOtherGroup where it has none of its own
  std::bitset<65'536> folded_ports_;
  std::unordered_set<std::size_t> folded_units_;  // hashes of the names
};

}  // namespace connwatch
