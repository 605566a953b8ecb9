// Whether a peer no longer acknowledges what a socket sends, and since when. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/sockets/socket_record.h"

namespace connwatch {

/// A segment that was sent again this often without an ACK shows that the path or the peer may be
/// dead. One lost segment, or one lost ACK, makes a single retransmission.
inline constexpr unsigned kMinRetransmissions = 2;

/// Returns how long ago the first segment without an ACK was first sent, if it was sent again
/// kMinRetransmissions times or more. nullopt otherwise, and for handshakes, keepalives and probes
/// of a closed window, which send no data.
///
/// The time follows from the retransmission timer, so it needs no history and both sources of
/// sockets tell it. It is a few per cent too short: it lacks the tail loss probe before the first
/// retransmission (at most two round trips and 0.2 s) and what the kernel's timers are late. If
/// ICMP errors keep the time-out short (RFC 6069), as with a neighbour that does not answer, it is
/// too long by one or two time-outs. Then there may be 256 retransmissions, which the kernel counts
/// in 8 bits, and the time begins anew.
std::optional<std::chrono::milliseconds> UnackedFor(const SocketRecord& record);

}  // namespace connwatch
