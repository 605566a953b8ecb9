// What /api/v1/sockets shows of one socket in addition to its SocketRecord. No metric uses it.
// netlink/ makes it only for single sockets, because it would cost too much for a million.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace connwatch {

/// What the pending timer waits for.
enum class SocketTimer : std::uint8_t {
  kNone,
  kRetransmission,  // or a loss probe
  kKeepalive,
  kTimeWait,  // the end of TIME-WAIT or of an orphaned FIN-WAIT-2
  kPersist    // to probe a zero window
};

/// "none", "retransmission", ...
std::string_view Name(SocketTimer timer);

/// One number of the kernel's tcp_info. `value` divided by `per_unit` is in the unit that `name`
/// ends in.
struct TcpInfoNumber {
  std::string_view name;  // for example "rto_seconds"; valid for ever
  std::uint64_t value = 0;
  std::uint32_t per_unit = 1;

  bool operator==(const TcpInfoNumber&) const = default;
};

struct SocketDetails {
  SocketTimer timer = SocketTimer::kNone;
  /// The user id of the owner. Request and TIME-WAIT sockets have no owner and show 0.
  std::uint32_t uid = 0;
  /// 0 if no process has the socket open.
  std::uint32_t inode = 0;
  /// For example "cubic"; empty if the kernel does not report it.
  std::string congestion_control;
  /// What the two sides agreed on and what happened so far: "timestamps", "sack", "window_scaling",
  /// "ecn", "ecn_seen", "fast_open", "app_limited".
  std::vector<std::string_view> options;
  /// In a fixed order; a field that this kernel does not have, or that was never measured, is
  /// absent. Empty for request and TIME-WAIT sockets.
  std::vector<TcpInfoNumber> tcp_info;
};

}  // namespace connwatch
