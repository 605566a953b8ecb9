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

/// Of one full poll: every trouble but kRetransmissions. Of a trouble with many sockets only a
/// sample is counted, because a host may have a million of them in TIME-WAIT. A dump is in the
/// order of hashes, so a sample has no bias.
class CulpritCounts {
 public:
  /// Of each trouble so many sockets are counted, and of the others one of kSampled, as so many.
  static constexpr std::uint64_t kAllCounted = 1'024;
  static constexpr std::uint64_t kSampled = 16;

  /// A socket of the group is in trouble: neither kDestinationPorts nor kSourcePorts.
  void Add(Trouble trouble, GroupKey group, const SocketRecord& record);
  /// A socket needs a port: kDestinationPorts or kSourcePorts. `ports_before` of its destination or
  /// its source address were not added.
  void AddPort(Trouble trouble, const SocketRecord& record, std::uint64_t ports_before = 0);

  /// Returns all but kRetransmissions.
  Culprits List() const;

 private:
  struct Tables {
    HeavyHitters places;
    HeavyHitters owners;
    std::uint64_t met = 0;  // sockets

    // Meets one more, and returns how many sockets it stands for; 0 if it is not counted.
    std::uint64_t Meet() {
      if (++met <= kAllCounted) return 1;
      return met % kSampled == 0 ? kSampled : 0;
    }
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
