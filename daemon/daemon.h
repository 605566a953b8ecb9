// The running daemon: its parts, wired to one event loop. Everything here belongs to the loop
// thread. HTTP threads see the report slot and the searches for single sockets, and pass requests
// to reload through the event loop.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "config/config.h"
#include "core/base/pulse.h"
#include "core/base/recurring_trouble.h"
#include "core/history/history.h"
#include "core/polling/lasting_interval.h"
#include "core/report.h"
#include "core/sockets/destroy_event_source.h"
#include "core/sockets/socket_source.h"
#include "daemon/alert_judge.h"
#include "daemon/config_use.h"
#include "daemon/incident_keeper.h"
#include "daemon/loop/destroy_event_runner.h"
#include "daemon/loop/event_loop.h"
#include "daemon/loop/handshake_runner.h"
#include "daemon/loop/heartbeat.h"
#include "daemon/loop/reload_requests.h"
#include "daemon/loop/tier_runner.h"
#include "daemon/notifier.h"
#include "daemon/process/options.h"
#include "daemon/process/service_notice.h"
#include "daemon/socket_sources.h"
#include "daemon/web/socket_searches.h"
#include "daemon/web/web_front.h"
#include "exporters/metrics/published_report.h"
#include "monitor/monitor.h"
#include "netlink/inet_diag_source.h"

namespace connwatch {

class Daemon {
 public:
  /// All references must outlive the daemon.
  Daemon(const Options& options, Settings settings, const SocketSources& sources, EventLoop& loop);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Serves on the listening sockets, polls and sends alerts until SIGTERM or SIGINT. Returns an
  /// error only if it cannot do that, for example if the event loop is broken. Failing polls are no
  /// error: they are logged and shown.
  Result<void> Run(std::vector<ListeningSocket> listening);

 private:
  Result<void> TakeSignals();
  Result<void> StartPolling();
  // Must be called when intervals have changed.
  void ReschedulePolls();
  // Once a second.
  void OnBeat(MonotonicTime now);
  // `passenger`, if present, is another tier that this poll has served as well.
  void OnPollConcluded(const TierPoller& tier, const TierPoller* passenger);
  void FollowUp(const TierPoller& concluded);
  // Stretches the intervals if polling costs too much.
  void FitToBudget();
  // Logs the intervals that have changed for long.
  void LogIntervals();
  void LogPollChange(const PollHealth& health);
  // Reads both files again. If one has mistakes, what it said before stays in force.
  Result<void> Reload();
  Result<void> ReloadConfig();
  // Publishes whether the latest attempt to read both files succeeded.
  void OnWebFilesRead(bool is_successful);
  void Apply(const Config& config);
  // Returns the report as of now.
  Report MakeReport();
  void Publish();
  // Empty if the configuration does not permit searches.
  SocketSearchAction Search();

  ConfigReader config_reader_;
  Config config_;
  const SocketSources& sources_;
  EventLoop& loop_;
  Monitor monitor_;
  Pulse pulse_;
  Heartbeat heartbeat_;
  DestroyEventRunner destroy_events_;
  HandshakeRunner handshakes_;
  std::deque<TierRunner> tier_runners_;  // in the order of kTiers; a deque never moves them
  AlertJudge alert_judge_;
  History history_;
  IncidentKeeper incidents_;
  ServiceNotice service_notice_;
  Notifier notifier_;
  bool is_config_good_ = true;  // as of the latest attempt, without the web files
  ConfigStatus config_status_;
  PerTier<RecurringTrouble> failing_;
  PerTier<LastingInterval> lasting_intervals_;
  ReportSlot slot_;
  InetDiagSource search_source_;
  SocketSearches search_;
  std::unique_ptr<ReloadRequests> reloads_;
  WebFront web_;  // after slot_, which it reads, search_ and reloads_
  std::vector<LoopRegistration> stop_signals_;
};

}  // namespace connwatch
