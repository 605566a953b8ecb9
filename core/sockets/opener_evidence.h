// Who opened a connection, as far as one record of its socket shows it. Pure.
//
// The kernel counts the SYN of the side that connected in bytes_acked, but never in bytes_sent. So
// what was acknowledged beyond what was sent is 1 on the side that connected and 0 on the side that
// accepted; an acknowledged FIN adds 1. The counters deceive where the host itself drops what it
// sends (a packet filter, a full queue), where a process restores a socket (TCP_REPAIR), and where
// the send queue or the state, which are read before the socket's lock is taken, are older than the
// counters. Then the number is neither 0 nor 1, or is not the same in two polls.
#pragma once

#include <optional>

#include "core/base/direction.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct OpenerEvidence {
  /// nullopt if the record shows nothing.
  std::optional<Direction> direction = std::nullopt;
  /// False if only two records of the same socket that show the same direction prove it.
  bool is_proof = false;
};

/// `record` may come from a dump or a destroy event. Mini-sockets, and kernels before 4.19, show
/// nothing.
OpenerEvidence EvidenceOf(const SocketRecord& record);

}  // namespace connwatch
