// Counts who is behind the troubles of connections. Whoever finds a socket in trouble adds it, so a
// host without trouble pays nothing. Constant memory. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/base/instant.h"
#include "core/connections/culprits.h"
#include "core/connections/heavy_hitters.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// Of one full poll: every trouble but kRetransmissions.
class CulpritCounts {
 public:
  /// A socket of the group is in trouble: neither kDestinationPorts nor kSourcePorts.
  void Add(Trouble trouble, GroupKey group, const SocketRecord& record);
  /// A socket needs a port: kDestinationPorts or kSourcePorts. Of its destination or its source
  /// address `ports` are counted with it, of its owner one.
  void AddPort(Trouble trouble, const SocketRecord& record, std::uint64_t ports);

  /// Returns all but kRetransmissions.
  Culprits List() const;

 private:
  struct Tables {
    HeavyHitters places;
    HeavyHitters owners;
  };

  std::array<Tables, kTroubleCount> tables_;  // by IndexOf(Trouble)
};

/// Segments that were sent again in the latest minute or a little more.
class RetransmissionCulprits {
 public:
  /// Call it at the beginning of each full poll.
  void Advance(MonotonicTime now);
  /// `record` is of a dump, or tells of the connection's end.
  void Add(GroupKey group, const SocketRecord& record, std::uint64_t segments);

  /// Fills in kRetransmissions and their span, as of `now`.
  void List(Culprits& culprits, MonotonicTime now) const;

 private:
  // The window of the signal retransmit_ratio is three of these.
  static constexpr std::chrono::seconds kSliceSpan{20};
  static constexpr std::size_t kSlices = 4;

  struct Slice {
    MonotonicTime since;
    HeavyHitters places;
    HeavyHitters owners;
  };

  std::array<Slice, kSlices> slices_;  // the latest first
  std::size_t used_ = 0;
};

}  // namespace connwatch
