// The running daemon: the parts, wired to one event loop. Everything here belongs to the loop
// thread; HTTP threads see only the snapshot slot.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "config/config.h"
#include "core/history/history.h"
#include "core/snapshot.h"
#include "core/sockets/socket_source.h"
#include "daemon/alerting.h"
#include "daemon/config_use.h"
#include "daemon/loop/destroy_event_runner.h"
#include "daemon/loop/event_loop.h"
#include "daemon/loop/tier_runner.h"
#include "daemon/notifying.h"
#include "daemon/options.h"
#include "daemon/service_notice.h"
#include "daemon/web/socket_search.h"
#include "daemon/web/web_front.h"
#include "exporters/metrics/published_report.h"
#include "monitor/kernel_reader.h"
#include "monitor/tiers.h"
#include "netlink/inet_diag_source.h"
#include "procfs/cgroup_names.h"

namespace connwatch {

class Daemon {
 public:
  /// All must outlive the daemon.
  Daemon(const Options& options, Settings settings, SocketSource& source,
         DestroyEventSource& event_source, EventLoop& loop);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Serves, polls and sends alerts until SIGTERM or SIGINT. An error is one that prevents it: an
  /// address that cannot be listened on, a broken event loop. Failing polls are not: they are
  /// logged and served.
  Result<void> Run();

 private:
  Result<void> TakeSignals();
  Result<void> StartPolling();
  // To be called when intervals have changed.
  void ReschedulePolls();
  void OnPollConcluded(const TierPoller& tier);
  // Stretches intervals where polling costs too much, and says so.
  void FitToBudget();
  void LogPollChange(const PollHealth& health);
  // Reads the kernel's counters, and judges the listeners by what happened since the last time.
  void ReadKernel();
  // Of both files; one with mistakes leaves what it said before in force.
  Result<void> Reload();
  Result<void> ReloadConfig();
  // Publishes how the latest attempt went, of either file.
  void OnWebFilesRead(bool is_successful);
  void Apply(Config config);
  void Publish();
  // Empty where the configuration does not permit it.
  SocketSearchAction Search();

  std::array<TierRunner*, 3> Runners() {
    return {&listeners_runner_, &handshakes_runner_, &full_runner_};
  }

  const Options& options_;
  Config config_;
  EventLoop& loop_;
  KernelReader kernel_reader_;
  KernelStats kernel_;
  MonotonicTime kernel_read_;
  CgroupNames cgroup_names_;
  Tiers tiers_;  // asks cgroup_names_
  DestroyEventRunner destroy_events_;
  TierRunner listeners_runner_;
  TierRunner handshakes_runner_;
  TierRunner full_runner_;
  std::optional<double> sockstat_discrepancy_;
  Alerting alerting_;
  History history_;
  ServiceNotice service_notice_;
  Notifying notifying_;
  bool is_config_good_ = true;  // as of the latest attempt, without the web files
  ConfigStatus config_status_;
  std::set<Tier> failing_;  // tiers whose latest poll failed
  ReportSlot slot_;
  InetDiagSource search_source_;
  SocketSearch search_;
  WebFront web_;  // after slot_, which it reads, and search_
  std::vector<EventSource> signals_;
};

}  // namespace connwatch
