// Tells which ports of the ephemeral range belong to services. The kernel gives such ports to
// clients, and servers use them for a moment (passive FTP), so a group for each would only fill the
// page. But a service may stand on one, and some hosts let the range begin at 1024. Used by one
// thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "core/base/direction.h"
#include "core/base/instant.h"
#include "core/base/port_range.h"
#include "core/base/port_set.h"

namespace connwatch {

class ServicePorts {
 public:
  /// A port with a listener belongs to a service once the listener has been there for this long.
  static constexpr std::chrono::minutes kListened{1};
  /// A port of other hosts belongs to a service once this many connections went there, or
  /// connections to it were met in this many full polls, within kMemory.
  static constexpr unsigned kConnections = 10;
  static constexpr unsigned kPolls = 3;
  static constexpr std::chrono::hours kMemory{1};

  void UseEphemeralRange(PortRange range) { ephemeral_ = range; }
  bool IsEphemeral(std::uint16_t port) const { return ephemeral_.Contains(port); }

  /// Returns true iff connections of this direction may have a group of their own by this port: the
  /// local port of inbound, the remote port of outbound connections.
  bool IsService(Direction direction, std::uint16_t port) const {
    return !IsEphemeral(port) || (services_ && (*services_)[IndexOf(direction)].test(port));
  }

  /// Takes the port for that of a service.
  void Add(Direction direction, std::uint16_t port);
  /// A listener has been on the local `port` since `since`.
  void SeeListener(std::uint16_t port, MonotonicTime since, MonotonicTime now);
  /// A connection to the remote `port` is new.
  void CountConnection(std::uint16_t port, MonotonicTime now);
  /// A full poll, number `poll`, has met a connection to the remote `port`.
  void CountPoll(std::uint16_t port, std::uint64_t poll, MonotonicTime now);

  /// Takes the port for no service, until it proves to be one again.
  void Forget(std::uint16_t port);

 private:
  struct Destination {
    MonotonicTime since;
    unsigned connections = 0;
    unsigned polls = 0;
    std::uint64_t latest_poll = 0;
  };

  // Returns what is known of the port since less than kMemory.
  Destination& DestinationAt(std::uint16_t port, MonotonicTime now);
  void Judge(std::uint16_t port, const Destination& destination);

  // kernel: the default of ip_local_port_range
  PortRange ephemeral_{32'768, 60'999};
  using PerDirection = std::array<PortSet, kDirectionCount>;     // by IndexOf(Direction), 16 KiB
  std::unique_ptr<PerDirection> services_;                       // absent if there are none
  std::unordered_map<std::uint16_t, Destination> destinations_;  // that are no services yet
};

}  // namespace connwatch
