// Says of any socket who opened it and which group it belongs to. Keeps which ports are listened
// on. Used by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/group_book.h"
#include "core/group_key.h"
#include "core/instant.h"
#include "core/socket_record.h"

namespace connwatch {

struct ClassifierOptions {
  GroupBookOptions groups;
  /// Leave out connections between two loopback addresses.
  bool exclude_loopback = false;
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

  /// Not for LISTEN sockets. Nothing where the socket is excluded.
  std::optional<GroupKey> Classify(const SocketRecord& record);

  const GroupBook& groups() const { return book_; }

 private:
  static bool UsesUnits(const GroupBookOptions& options);
  std::string UnitOf(const SocketRecord& record) const;

  GroupBook book_;
  UnitNames unit_names_;
  bool uses_units_ = false;
  const bool exclude_loopback_;
  std::vector<MonotonicTime> listened_until_;  // by port; the epoch where nobody did
  MonotonicTime latest_;                       // the latest SetListening
};

}  // namespace connwatch
