// Says of any socket who opened it and which group it belongs to. Keeps which ports are listened
// on. Used by one thread.
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
  /// False while the owner's name is not known yet, and a rule may depend on it: ask again.
  bool is_final = true;
};

class ConnectionClassifier {
 public:
  /// The name of the unit or container with this cgroup; empty where it is not known.
  using UnitNames = std::function<std::string(std::uint64_t cgroup_id)>;

  /// How long a port counts as listened on after it was: connections may outlive their listener.
  static constexpr std::chrono::seconds kListenedMemory{60};

  ConnectionClassifier(const ClassifierOptions& options, UnitNames unit_names);

  /// See GroupBook::Reconfigure. What is excluded stays so.
  Result<void> Reconfigure(const GroupBookOptions& groups);

  /// A LISTEN socket that exists now.
  void SetListening(std::uint16_t port, MonotonicTime now);

  Direction DirectionOf(const SocketRecord& record) const;
  /// Nothing where the socket is excluded.
  std::optional<Classification> Classify(const SocketRecord& record);

  /// Valid as long as the classifier. `id` must be one that it gave.
  std::string_view NameOf(GroupId id) const { return book_.NameOf(id); }
  /// The groups to show, each with the directions it was met in; both where it was in neither.
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
  std::vector<MonotonicTime> listened_until_;  // by port; the epoch where nobody did
  MonotonicTime latest_;                       // the latest SetListening
};

}  // namespace connwatch
