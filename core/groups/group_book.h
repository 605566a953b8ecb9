// Gives every connection the number of its group. The first configured rule that takes the
// connection decides; if none does, the group is automatic, by port or unit. Whoever counts by
// group asks once per connection. The exporters take the names of the groups from here.
//
// A group keeps its number and its name for the life of the process, so counts can be kept in
// arrays. Two groups never have the same name, whether configured or automatic.
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
  /// The most groups, configured and automatic, not counting "other". Configured groups always fit.
  /// Automatic groups get the room that is left.
  std::size_t max_groups = 100;
};

/// For one thread.
class GroupBook {
 public:
  /// folded() counts at most this many units that there was no room for.
  static constexpr std::size_t kMaxFoldedUnits = 65'536;

  /// The configured groups get the ids from 1 on, in the order of the rules.
  explicit GroupBook(const GroupBookOptions& options);

  /// Returns the group of a connection. This is a new group if no rule takes the connection, its
  /// group is not there yet and there is room for it. Without rules and with GroupBy::kPort, the
  /// group of a port seen before costs one look-up in an array.
  GroupId Of(const ConnectionTraits& traits);

  /// Valid as long as the book lives. `id` must be one that the book returned.
  std::string_view NameOf(GroupId id) const { return groups_[id].name; }

  /// All ids returned so far are below this.
  std::size_t size() const { return groups_.size(); }

  /// Returns true iff the group is to be shown: "other", every configured group, and every group
  /// that Of() ever returned. A group that was removed from the configuration before it had a
  /// connection is not shown.
  bool IsShown(GroupId id) const;

  /// How many different automatic groups there was no room for, since the latest Reconfigure().
  std::uint64_t folded() const { return folded_ports_.count() + folded_units_.size(); }

  /// Applies new options from the next Of() on. If a group is no longer configured but ever had a
  /// connection, it stays, and takes the room of an automatic group. So there may be more groups
  /// than `max_groups` until a restart; meanwhile no automatic group is added. Fails and changes
  /// nothing if the number of names since the start would exceed 65,535.
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

  std::deque<Group> groups_;                               // by id; a deque never moves the names
  std::unordered_map<std::string_view, GroupId> by_name_;  // into groups_
  std::size_t shown_ = 0;                                  // beside "other"

  GroupRules rules_;
  std::vector<GroupId> rule_ids_;  // by index of the rule
  GroupBy group_by_ = GroupBy::kPort;
  std::size_t max_groups_ = 0;

  std::vector<GroupId> port_ids_;  // by port; kOtherGroup if it has none of its own
  std::bitset<65'536> folded_ports_;
  std::unordered_set<std::size_t> folded_units_;  // hashes of the names
};

}  // namespace connwatch
