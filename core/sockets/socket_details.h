// What the drill-down shows of one socket beside its SocketRecord; nobody counts by it. Made by
// netlink/ for single sockets, since it would cost too much for a million.
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

/// One number of the kernel's tcp_info, in the unit that its name ends in once divided by
/// `per_unit`.
struct TcpInfoNumber {
  std::string_view name;  // as in "rto_seconds"; lives for ever
  std::uint64_t value = 0;
  std::uint32_t per_unit = 1;

  bool operator==(const TcpInfoNumber&) const = default;
};

struct SocketDetails {
  SocketTimer timer = SocketTimer::kNone;
  /// Of the owner. Request and TIME-WAIT sockets have none and show 0.
  std::uint32_t uid = 0;
  /// 0 where no process has the socket open.
  std::uint32_t inode = 0;
  /// "cubic"; empty where the kernel does not say.
  std::string congestion_control;
  /// What was agreed on and met: "timestamps", "sack", "window_scaling", "ecn", "ecn_seen",
  /// "fast_open", "app_limited".
  std::vector<std::string_view> options;
  /// In a fixed order; a field that this kernel does not have, or that was never measured, is
  /// absent. Empty for request and TIME-WAIT sockets.
  std::vector<TcpInfoNumber> tcp_info;
};

}  // namespace connwatch
