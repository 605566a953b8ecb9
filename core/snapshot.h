// Everything known at one moment: what core/ hands to exporters/. Immutable once published; read
// from any thread through shared_ptr<const Snapshot>.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/instant.h"
#include "core/kernel_stats.h"
#include "core/listener.h"
#include "core/pending_connects.h"
#include "core/poll_health.h"
#include "core/socket_table.h"

namespace connwatch {

/// This process, as proc(5) shows it. A value that could not be read is absent.
struct ProcessStats {
  std::optional<std::chrono::milliseconds> cpu;
  std::optional<WallTime> started;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<std::uint64_t> threads;
};

struct ConfigStatus {
  /// Whether the latest attempt to load the configuration succeeded.
  bool last_reload_successful = true;
  WallTime last_success;
};

struct Snapshot {
  /// The latest complete full poll; absent before the first one. A failed poll leaves it as it was:
  /// `polls` tells its age and the reason.
  std::optional<SocketTable> sockets;
  SocketTotals totals;
  /// Absent before the first complete poll of the listeners tier.
  std::optional<ListenerTable> listeners;
  /// Absent before the first complete poll of the handshakes tier.
  std::optional<PendingConnects> pending_connects;
  std::vector<PollHealth> polls;
  KernelStats kernel;
  /// How far the latest full poll's socket count is from the kernel's own, as a share of the
  /// latter. Absent where the kernel's is not known.
  std::optional<double> sockstat_discrepancy;
  ProcessStats process;
  ConfigStatus config;
};

}  // namespace connwatch
