#include "daemon/once.h"

#include <poll.h>

#include <algorithm>

#include "daemon/process/logging.h"
#include "daemon/process/options.h"
#include "daemon/process/standard_output.h"
#include "exporters/metrics/metrics_page.h"
#include "monitor/clock.h"
#include "monitor/monitor.h"
#include "monitor/report_assembly.h"

namespace connwatch {

namespace {

void WaitUntilReadable(const TierPoller& tier) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(tier.deadline() - Now().monotonic);
  pollfd waiting{tier.fd(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
}

void Poll(TierPoller& tier) {
  const auto cpu_before = ThreadCpuTime();
  tier.Begin(Now());
  while (!tier.HasEnded()) {
    WaitUntilReadable(tier);
    tier.Continue(Now());
  }
  tier.Conclude(Now());
  tier.AddCpu(ThreadCpuTime() - cpu_before);
}

}  // namespace

int RunOnce(const Config& config, const SocketSources& sources) {
  const ConfigStatus config_status{.last_reload_successful = true, .last_success = Now().wall};
  Monitor monitor(config, sources.sockets(), LogChange, sources.namespaces());
  for (TierPoller& tier : monitor.tiers()) {
    Poll(tier);
    if (const auto& failure = tier.health().current_failure()) {
      LogError(failure->text);
      return kExitFailed;
    }
    monitor.AfterPoll(tier, Now().monotonic);
  }
  const Report report =
      AssembleReport({.snapshot = monitor.TakeSnapshot({.walk = sources.walk_status()}, Now()),
                      .config = config_status});
  return PrintToStandardOutput(RenderMetricsPage(report));
}

}  // namespace connwatch
