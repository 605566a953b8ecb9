// Finds out for any socket who opened the connection and which group it belongs to. Remembers which
// ports are listened on. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/instant.h"
#include "core/groups/group_book.h"
#include "core/groups/group_key.h"
#include "core/groups/shown_group.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct ClassifierOptions {
  GroupBookOptions groups;
  /// Leave out connections between two loopback addresses.
  bool exclude_loopback = false;
};

struct Classification {
  GroupKey key;
  /// False if a rule may depend on the owner's name and the name is not known yet. The caller
  /// should then ask again later.
  bool is_final = true;
};

class ConnectionClassifier {
 public:
  /// Returns the name of the unit or container with this cgroup; empty if it is not known.
  using UnitNames = std::function<std::string(std::uint64_t cgroup_id)>;

  /// How long a port counts as listened on after the latest SetListening() for it. Connections may
  /// outlive their listener.
  static constexpr std::chrono::seconds kListenedMemory{60};

  ConnectionClassifier(const ClassifierOptions& options, UnitNames unit_names);

  /// See GroupBook::Reconfigure. `exclude_loopback` stays as it was.
  Result<void> Reconfigure(const GroupBookOptions& groups);

  /// Reports that a LISTEN socket with this port exists now.
  void SetListening(std::uint16_t port, MonotonicTime now);

  Direction DirectionOf(const SocketRecord& record) const;
  /// nullopt if the socket is excluded.
  std::optional<Classification> Classify(const SocketRecord& record);

  /// Valid as long as the classifier lives. `id` must be one that it returned.
  std::string_view NameOf(GroupId id) const { return book_.NameOf(id); }
  /// Returns the groups to show, each with the directions in which it had connections. A group that
  /// had none yet gets both directions. "other" always gets both.
  std::vector<ShownGroup> ShownGroups() const;
  std::uint64_t folded_groups() const { return book_.folded(); }

 private:
  static bool UsesUnits(const GroupBookOptions& options);
  std::string UnitOf(const SocketRecord& record) const;

  GroupBook book_;
  PerGroup<std::uint8_t> is_met_{0};
  UnitNames unit_names_;
  bool uses_units_ = false;
  const bool exclude_loopback_;
  std::vector<MonotonicTime> listened_until_;  // by port; the epoch if nobody listened
  MonotonicTime latest_;                       // the latest SetListening
};

}  // namespace connwatch
