// How many local ports of the ephemeral range the sockets of the busiest source address use, all
// destinations together. PortUsage counts the other way: towards one destination.
//
// bind(address, 0) before connect() takes a port that no socket of this address, or of the
// wildcard, has, whatever its destination; TIME-WAIT counts. When every port has such a socket,
// bind() fails with EADDRINUSE, and connect() without bind() fails too if bind() took the ports.
// kernel: inet_csk_find_open_port() and inet_csk_bind_conflict() in inet_connection_sock.c. There
// bind() begins with the ports whose distance to the first one is odd, __inet_hash_connect() with
// the even ones, and connect() shares its ports between destinations. So a host that only connects,
// to however many destinations, uses more than half of the range only if one destination needs
// that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/ip_address.h"
#include "core/base/port_set.h"

namespace connwatch {

class SourcePorts {
 public:
  /// Further sources are not counted. A dump is in the order of hashes, so the first sockets of a
  /// busy source come early.
  static constexpr std::size_t kMaxSources = 64;

  /// `ports` are those that the kernel may choose from. Others do not count.
  explicit SourcePorts(const PortSet& ports) : ports_(ports) {}

  /// Counts a socket of any state by its local address and port. Returns how many ports its source
  /// uses by now, without those of the wildcard address; 0 if the port was counted already or does
  /// not count.
  std::uint64_t Add(const Endpoint& local);

  /// The number of ports of the source with most of them; listeners of the wildcard address count
  /// for every source.
  std::uint64_t Busiest() const;

 private:
  struct Source {
    IpAddress address;
    PortSet used;
    std::uint64_t count = 0;  // of `used`
  };
  // The place of a source in sources_ plus 1, by hash; 0 where there is none.
  static constexpr std::size_t kSlots = 4 * kMaxSources;

  // nullptr if there is no room for another source. Valid until the next call.
  Source* FindOrAdmit(const IpAddress& address);

  PortSet ports_;
  PortSet of_all_;  // of the wildcard addresses
  std::array<std::uint8_t, kSlots> slots_{};
  std::vector<Source> sources_;
};

}  // namespace connwatch
