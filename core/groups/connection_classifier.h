// Finds out for any socket which group it belongs to and, where the kernel's counters do not show
// it, guesses who opened the connection. Remembers what it needs for this: the ports that are
// listened on, the ephemeral range, and which of its ports belong to services. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/instant.h"
#include "core/groups/direction_guess.h"
#include "core/groups/group_book.h"
#include "core/groups/group_key.h"
#include "core/groups/listening_ports.h"
#include "core/groups/service_ports.h"
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
  /// False if the group may change: the owner's name is not known yet, or the port may still prove
  /// to be that of a service. The caller should then ask again later.
  bool is_final = true;
};

/// How a connection comes to be classified. It decides what counts for a port of the ephemeral
/// range (core/groups/service_ports.h).
struct Sighting {
  bool is_new = false;     // the connection was not met before
  bool is_polled = false;  // by a full poll
};

class ConnectionClassifier {
 public:
  /// Returns the name of the unit or container with this cgroup; empty if it is not known.
  using UnitNames = std::function<std::string(std::uint64_t cgroup_id)>;

  ConnectionClassifier(const ClassifierOptions& options, UnitNames unit_names);

  /// See GroupBook::Reconfigure. `exclude_loopback` stays as it was.
  Result<void> Reconfigure(const GroupBookOptions& groups);
  /// The range from which the kernel takes the ports of clients.
  void UseEphemeralRange(PortRange range) { services_.UseEphemeralRange(range); }

  /// Ports that have a group of their own in `shown` are those of services.
  void TakeForServices(std::span<const ShownGroup> shown);

  // The polls tell what exists now. A poll of the listeners calls AddListener() for every LISTEN
  // socket and then CompleteListeners() with the time of its beginning. A full poll calls
  // BeginFullPoll(), and AddListener() for the LISTEN sockets that it meets. So does the destroy
  // event of a listener, which may have been younger than a poll.
  void AddListener(const SocketRecord& listening, MonotonicTime now);
  void CompleteListeners(MonotonicTime start) { listening_.CompletePoll(start); }
  void BeginFullPoll(MonotonicTime now);
  /// When the latest complete poll of the listeners began.
  MonotonicTime listeners_known_at() const { return listening_.known_at(); }

  /// Judges by the listeners that are there or were closed within the last minute, then by the port
  /// range. A listener that was closed before `begun_after` cannot have accepted a connection that
  /// began later.
  DirectionGuess Guess(const SocketRecord& record, MonotonicTime begun_after = {}) const;
  /// Returns true iff Guess() comes to `direction` now, and still will in a minute, as far as is
  /// known. A listener that is closed already is forgotten by then, so what follows from it alone
  /// does not last.
  bool WillGuess(const SocketRecord& record, Direction direction) const;
  /// Returns the direction that the record shows (core/sockets/opener_evidence.h), else a guess.
  Direction DirectionOf(const SocketRecord& record) const;

  /// Returns the group of a socket; nullopt if the socket is excluded.
  std::optional<Classification> Classify(const SocketRecord& record, Direction direction,
                                         Sighting sighting = {});

  /// A connection of kOtherGroup has moved `bytes` more.
  void AddFoldedTraffic(const SocketRecord& record, Direction direction, std::uint64_t bytes);
  /// The group has connections now. Classify() says so by itself.
  void Meet(GroupId id) { book_.Meet(id, now_); }
  /// See GroupBook::Rearrange.
  GroupBook::Rearrangement Rearrange();

  GroupId AtPlace(std::uint16_t place) const { return book_.AtPlace(place); }
  /// The places of all groups are below this.
  std::size_t places() const { return book_.size(); }
  /// See GroupBook::NameOf.
  std::string_view NameOf(GroupId id) const { return book_.NameOf(id); }
  /// Returns the groups to show, each with the directions in which it had connections. A group that
  /// had none yet gets both directions. "other" always gets both.
  std::vector<ShownGroup> ShownGroups() const;
  std::uint64_t folded_groups() const { return book_.folded(); }

 private:
  static bool UsesUnits(const GroupBookOptions& options);
  static bool HasGroups(const GroupBookOptions& options);
  DirectionGuess GuessByPorts(const SocketRecord& record) const;
  bool IsExcluded(const SocketRecord& record) const;
  ConnectionTraits TraitsOf(const SocketRecord& record, Direction direction,
                            std::string_view unit) const;
  std::string UnitOf(const SocketRecord& record, Direction direction) const;

  GroupBook book_;
  ListeningPorts listening_;
  ServicePorts services_;
  PerGroup<std::uint8_t> is_met_{0};
  UnitNames unit_names_;
  bool uses_units_ = false;
  bool has_groups_ = true;  // false: everything is "other", and no port needs a name
  const bool exclude_loopback_;
  std::uint64_t full_polls_ = 0;
  MonotonicTime now_;  // of the latest poll
};

}  // namespace connwatch
