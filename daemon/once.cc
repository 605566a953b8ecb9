#include "daemon/once.h"

#include <poll.h>

#include <algorithm>
#include <string>

#include "daemon/build_info.h"
#include "daemon/logging.h"
#include "daemon/loop/event_loop.h"
#include "daemon/options.h"
#include "daemon/standard_output.h"
#include "exporters/metrics/metrics_page.h"
#include "monitor/kernel_reader.h"
#include "monitor/owners.h"
#include "monitor/tiers.h"
#include "procfs/process_stats.h"

namespace connwatch {

namespace {

void WaitUntilReadable(const TierPoller& tier) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      tier.deadline() - EventLoop::Now().monotonic);
  pollfd waiting{tier.fd(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
}

void Poll(TierPoller& tier) {
  const auto cpu_before = EventLoop::ThreadCpuTime();
  tier.Begin(EventLoop::Now());
  while (!tier.HasEnded()) {
    WaitUntilReadable(tier);
    tier.Continue(EventLoop::Now());
  }
  tier.Conclude(EventLoop::Now());
  tier.AddCpu(EventLoop::ThreadCpuTime() - cpu_before);
}

}  // namespace

int RunOnce(const Config& config, SocketSource& source) {
  const WallTime config_loaded = EventLoop::Now().wall;
  const KernelStats kernel = KernelReader().Read();
  CgroupNames names = HostCgroupNames();
  Tiers tiers(config, kernel.limits.value_or(KernelLimits{}), source, [&](std::uint64_t cgroup_id) {
    return names.NameOf(cgroup_id, EventLoop::Now().monotonic);
  });
  for (TierPoller* tier : tiers.all()) {
    Poll(*tier);
    if (const auto& failure = tier->health().current_failure()) {
      LogError(failure->text);
      return kExitFailed;
    }
  }
  tiers.DiagnoseListeners({});
  Snapshot snapshot = tiers.TakeSnapshot(EventLoop::Now().monotonic);
  NameOwners(*snapshot.listeners, names, EventLoop::Now().monotonic);
  snapshot.kernel = kernel;
  if (kernel.sockets) {
    snapshot.sockstat_discrepancy = SockstatDiscrepancy(snapshot.sockets->states, *kernel.sockets);
  }
  snapshot.process = ReadProcessStats("/proc/self");
  snapshot.config = {.last_reload_successful = true, .last_success = config_loaded};
  const std::string page = RenderMetricsPage(snapshot, ThisBuild());
  return PrintToStandardOutput(page);
}

}  // namespace connwatch
