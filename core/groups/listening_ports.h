// The local ports that sockets listen on: since when, and who owns the listeners. The listeners
// tier and the full tier tell of every LISTEN socket that they meet. Used by one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "core/base/instant.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

class ListeningPorts {
 public:
  /// How long a listener and its owner stay known after the listener was closed. Connections that
  /// it had accepted may end in this time.
  static constexpr std::chrono::minutes kMemory{1};
  /// The most addresses with a port whose owner is known. If there are more, owners of closed
  /// listeners are forgotten at once, and those of further listeners are not known.
  static constexpr std::size_t kMaxOwners = 50'000;

  /// A poll has met a LISTEN socket at `now`.
  void Add(const SocketRecord& listening, MonotonicTime now);
  /// A poll that began at `start` has met every LISTEN socket, and has called Add() for each. A
  /// port that was not met since `start` is no longer listened on.
  void CompletePoll(MonotonicTime start);

  /// When the latest complete poll of the listeners began; the epoch before the first one.
  MonotonicTime known_at() const { return known_at_; }
  bool IsListening(std::uint16_t port) const;
  /// Returns true iff somebody listens on the port, or did so at `since` or later. Goes back no
  /// further than kMemory.
  bool HasListened(std::uint16_t port, MonotonicTime since) const;
  /// Since when every poll has met a listener on the port. nullopt if nobody listens.
  std::optional<MonotonicTime> ListeningSince(std::uint16_t port) const;

  /// Returns the cgroup of the listener that accepted an inbound connection, as far as it is known.
  /// kernel: sk_clone_lock(): an accepted socket has the cgroup of its listener.
  std::optional<std::uint64_t> OwnerOf(const SocketRecord& inbound) const;

  /// How many owners are known.
  std::size_t owners() const { return owners_.size(); }

 private:
  struct Port {
    MonotonicTime since;
    MonotonicTime latest;  // that a poll met a listener
  };
  struct Owner {
    std::uint64_t cgroup_id = 0;
    MonotonicTime latest;
  };

  void RememberOwner(const Endpoint& listener, Owner owner);

  MonotonicTime known_at_;
  std::unordered_map<std::uint16_t, Port> ports_;
  std::map<Endpoint, Owner> owners_;
};

}  // namespace connwatch
