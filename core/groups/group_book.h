// Gives every connection its group. The first configured rule that takes the connection decides; if
// none does, the group is automatic, by port or unit. Whoever counts by group asks once per
// connection. The exporters take the names of the groups from here.
//
// A group keeps its id and its name as long as it has its place. A configured group keeps its place
// while it is configured. Any other group may give it up once it had no connection for kIdle, but
// only if a candidate wants the place; or for kIdleWhenCrowded if there are far more groups than
// max_groups, as after many reloads with ever new names (see Rearrange). The next owner of the
// place has another generation in its id. Two groups never have the same name at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "core/groups/group_candidates.h"
#include "core/groups/group_key.h"
#include "core/groups/group_rule.h"
#include "core/groups/group_rules.h"

namespace connwatch {

struct GroupBookOptions {
  /// At most kMaxGroupRules.
  std::vector<GroupRule> rules = {};
  GroupBy group_by = GroupBy::kPort;
  /// The most groups that have a place, configured and automatic, not counting "other" and
  /// "ephemeral". Configured groups always fit. Automatic groups get the room that is left.
  std::size_t max_groups = 100;

  bool operator==(const GroupBookOptions&) const = default;
};

/// Returns the port after which an automatic group has its name; nullopt if the name is no port.
std::optional<std::uint16_t> PortNaming(std::string_view group);

/// For one thread.
class GroupBook {
 public:
  /// More places than this can not be numbered.
  static constexpr std::size_t kMaxPlaces =
      std::size_t{std::numeric_limits<decltype(GroupId::place)>::max()} + 1;
  /// How long a group without any connection keeps its place for certain, unless it is crowded.
  static constexpr std::chrono::hours kIdle{1};
  /// The most groups after a reload, those included that are no longer configured. "other" and
  /// "ephemeral" do not count.
  static constexpr std::size_t kMaxAfterReload = 2 * kMaxGroupRules;
  /// It is crowded if there are more groups than this many times max_groups, or so many that a
  /// reload might not find room. Then a group without any connection keeps its place for less long.
  static constexpr std::size_t kCrowdedTimes = 2;
  static constexpr std::chrono::minutes kIdleWhenCrowded{1};

  /// A group that has given up its place.
  struct Released {
    GroupId id;
    std::optional<std::uint16_t> port;  // of a group by port
  };
  struct Rearrangement {
    /// Nothing may be counted for these any more.
    std::vector<Released> released;
    /// True iff candidates got places. Ask Of() again for every connection then.
    bool has_new_groups = false;
  };

  /// The configured groups get places in the order of the rules.
  explicit GroupBook(const GroupBookOptions& options);

  /// Returns the group of a connection. This is a new group if no rule takes the connection, its
  /// group is not there yet and there is room for it. Without rules and with GroupBy::kPort, the
  /// group of a port seen before costs one look-up in an array.
  GroupId Of(const ConnectionTraits& traits, MonotonicTime now);
  /// The same for a LISTEN socket, which does not count as a connection: its group may be idle.
  GroupId OfListener(const ConnectionTraits& traits, MonotonicTime now);

  /// The group had a connection at `now`. Of() says so by itself.
  void Meet(GroupId id, MonotonicTime now);
  /// A connection for which there was no room (kOtherGroup) has moved `bytes` more.
  void AddFoldedTraffic(const ConnectionTraits& traits, std::uint64_t bytes, MonotonicTime now);

  /// Gives the candidates with most traffic free places, then those of groups without a connection
  /// for kIdle. While it is crowded, groups without one for kIdleWhenCrowded lose their places.
  Rearrangement Rearrange(MonotonicTime now);

  /// The places that were ever given are below this.
  std::size_t size() const { return groups_.size(); }
  /// The group that has the place now.
  GroupId AtPlace(std::uint16_t place) const { return {place, groups_[place].generation}; }
  /// Valid until the group gives up its place. `id` must be one that the book returned.
  std::string_view NameOf(GroupId id) const { return groups_[id.place].name; }

  /// Returns true iff the group is to be shown: "other", every configured group, every automatic
  /// group that has a place, and "ephemeral" once it had a socket.
  bool IsShown(GroupId id) const;

  /// How many automatic groups had connections within the last hour, but found no room.
  std::uint64_t folded() const { return candidates_.size(); }

  /// Applies new options from the next Of() on. A group that is no longer configured, but had a
  /// connection, stays and takes the room of an automatic group. So there may be more groups than
  /// `max_groups` for a while; meanwhile no automatic group is added. Fails and changes nothing if
  /// there would be more than kMaxAfterReload.
  Result<void> Reconfigure(const GroupBookOptions& options);

 private:
  struct Group {
    std::string name;
    std::optional<std::uint16_t> port;  // of a group by port
    std::uint16_t generation = 0;
    bool is_free = false;  // the place has no owner
    bool is_configured = false;
    bool is_met = false;   // had a connection, or a listener
    MonotonicTime latest;  // connection
  };

  void Apply(const GroupBookOptions& options);
  std::size_t CountNewNames(const std::vector<GroupRule>& rules) const;
  bool IsByUnit(const ConnectionTraits& traits) const;
  GroupId OfPort(std::uint16_t port, MonotonicTime now);
  GroupId Admit(std::string_view name, MonotonicTime now);
  // Returns the group of this name. If there is none, gives it a place.
  GroupId Open(std::string_view name);
  Released Release(std::uint16_t place);
  std::size_t InUse() const;  // groups with a place, without "other" and "ephemeral"
  std::size_t Room() const;   // for automatic groups
  bool IsCrowded() const;
  // Returns the groups that had no connection for kIdleWhenCrowded, the longest idle first.
  std::vector<std::uint16_t> IdlePlaces(MonotonicTime now) const;

  std::deque<Group> groups_;  // by place; a deque never moves the names
  std::vector<std::uint16_t> free_places_;
  std::unordered_map<std::string_view, std::uint16_t> by_name_;  // into groups_
  GroupCandidates candidates_;

  GroupRules rules_;
  std::vector<std::uint16_t> rule_places_;  // by index of the rule
  GroupBy group_by_ = GroupBy::kPort;
  std::size_t max_groups_ = 0;
  std::vector<std::uint16_t> port_places_;  // by port, kOtherGroup's if it has none; or empty
};

}  // namespace connwatch
