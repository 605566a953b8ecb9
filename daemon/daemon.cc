#include "daemon/daemon.h"

#include <csignal>
#include <string>
#include <utility>

#include "daemon/build_info.h"
#include "daemon/logging.h"
#include "monitor/owners.h"
#include "procfs/process_stats.h"

namespace connwatch {

namespace {

// What is laid out at the start.
bool HasOtherBounds(const Config& one, const Config& other) {
  return one.max_listeners != other.max_listeners ||
         one.max_tracked_connections != other.max_tracked_connections ||
         one.exclude_loopback != other.exclude_loopback || one.peak_window != other.peak_window;
}

}  // namespace

Daemon::Daemon(const Options& options, Settings settings, SocketSource& source,
               DestroyEventSource& event_source, EventLoop& loop)
    : options_(options),
      config_(std::move(settings.config)),
      loop_(loop),
      kernel_(kernel_reader_.Read()),
      kernel_read_(EventLoop::Now().monotonic),
      cgroup_names_(HostCgroupNames()),
      tiers_(config_, kernel_.limits.value_or(KernelLimits{}), source,
             [this](std::uint64_t cgroup_id) {
               return cgroup_names_.NameOf(cgroup_id, EventLoop::Now().monotonic);
             }),
      destroy_events_(loop, event_source, tiers_.tracker()),
      listeners_runner_(loop, Priority::kListeners, tiers_.listeners(),
                        [this] { OnPollConcluded(tiers_.listeners()); }),
      handshakes_runner_(loop, Priority::kHandshakes, tiers_.handshakes(),
                         [this] { OnPollConcluded(tiers_.handshakes()); }),
      full_runner_(loop, Priority::kFull, tiers_.full(),
                   [this] { OnPollConcluded(tiers_.full()); }),
      alerting_(config_.alerts),
      config_status_{.last_reload_successful = true, .last_success = EventLoop::Now().wall},
      search_(search_source_, slot_),
      web_(options, std::move(settings.web), slot_, loop,
           {.reload = [this] { return Reload(); },
            .sockets = Search(),
            .on_web_files_read = [this](bool is_successful) { OnWebFilesRead(is_successful); }}) {
  search_.Configure(ClassifierOptionsFrom(config_));
}

// HTTP threads that wait for an answer must not keep their server from ending.
Daemon::~Daemon() { search_.Stop(); }

Result<void> Daemon::Run() {
  notifying_.Configure(config_);
  Publish();  // so that there is a page, and "not ready", before the first poll
  if (auto serving = web_.Start(HttpLimitsFrom(config_)); !serving) return serving;
  if (auto signals = TakeSignals(); !signals) return signals;
  if (auto polling = StartPolling(); !polling) return polling;
  auto result = loop_.Run();
  service_notice_.Stopping();
  LogInfo("stopping");
  return result;
}

Result<void> Daemon::TakeSignals() {
  const auto take = [this](int signal_number, EventLoop::Callback callback) -> Result<void> {
    auto source = loop_.OnSignal(signal_number, std::move(callback));
    if (!source) return std::move(source).error();
    signals_.push_back(std::move(source).value());
    return {};
  };
  if (auto taken = take(SIGTERM, [this] { loop_.Stop(); }); !taken) return taken;
  if (auto taken = take(SIGINT, [this] { loop_.Stop(); }); !taken) return taken;
  return take(SIGHUP, [this] { static_cast<void>(Reload()); });  // which logs what is wrong
}

Result<void> Daemon::StartPolling() {
  destroy_events_.Configure(config_);  // before the poll that is the baseline
  for (TierRunner* runner : Runners()) {
    if (auto started = runner->Start(); !started) return started;
  }
  return {};
}

void Daemon::ReschedulePolls() {
  for (TierRunner* runner : Runners()) {
    if (auto scheduled = runner->Reschedule(); !scheduled) {
      loop_.Fail(std::move(scheduled).error());
    }
  }
}

// A snapshot for each poll of the listeners would cost more than the poll: the peaks keep what
// happened until the next handshakes poll.
void Daemon::OnPollConcluded(const TierPoller& tier) {
  LogPollChange(tier.health());
  if (tier.health().tier() != Tier::kListeners || tier.health().successes() == 1) FitToBudget();
  if (tier.health().tier() == Tier::kListeners) return;
  ReadKernel();
  const bool is_full = tier.health().tier() == Tier::kFull;
  if (is_full && !tier.health().current_failure() && kernel_.sockets) {
    sockstat_discrepancy_ = SockstatDiscrepancy(tiers_.full_table()->states, *kernel_.sockets);
  }
  Publish();
  if (is_full) service_notice_.Ready();
}

void Daemon::FitToBudget() {
  const auto changed = tiers_.FitToBudget(destroy_events_.share());
  for (const TierPoller* tier : changed) {
    const PollHealth& health = tier->health();
    LogInfo(std::string(Name(health.tier())) + " polls now every " +
            std::to_string(health.interval().count()) + " ms, to stay within cpu_budget");
  }
  if (!changed.empty()) ReschedulePolls();
}

// Once per failure and once at recovery, not at every poll.
void Daemon::LogPollChange(const PollHealth& health) {
  const std::string name(Name(health.tier()));
  const auto& failure = health.current_failure();
  if (failure && failing_.insert(health.tier()).second) {
    LogError(name + " poll failed: " + failure->text +
             "; still serving what the last good one found");
  }
  if (!failure && failing_.erase(health.tier()) > 0) LogInfo(name + " poll succeeds again");
}

Result<void> Daemon::Reload() {
  service_notice_.Reloading(EventLoop::Now());
  Result<void> config = ReloadConfig();
  Result<void> web = web_.Reload();
  is_config_good_ = config.ok();
  if (config && web) LogInfo("configuration reloaded");
  service_notice_.Reloaded();
  OnWebFilesRead(web.ok());
  if (!config && !web) return Error{0, config.error().context + "\n" + web.error().context};
  return config ? web : config;
}

void Daemon::OnWebFilesRead(bool is_successful) {
  config_status_.last_reload_successful = is_config_good_ && is_successful;
  if (config_status_.last_reload_successful) config_status_.last_success = EventLoop::Now().wall;
  Publish();
}

Result<void> Daemon::ReloadConfig() {
  ConfigResult loaded = LoadEffectiveConfig(options_);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  if (errors == nullptr) {
    Apply(std::get<Config>(std::move(loaded)));
    return {};
  }
  for (const ConfigError& error : *errors) LogError(error.ToString());
  LogError("reload failed: the configuration loaded before stays in force");
  return Error{0, Joined(*errors)};
}

SocketSearchAction Daemon::Search() {
  if (!config_.web.sockets_api) return {};
  return [this](const SocketQuery& query) { return search_.Start(query); };
}

void Daemon::Apply(Config config) {
  if (config.web != config_.web) LogWarning("changes below web: take effect after a restart");
  ConfigureLogging(config.log);
  if (HasOtherBounds(config, config_)) {
    LogWarning(
        "max_listeners, max_tracked_connections, exclude_loopback and peak_window take "
        "effect after a restart");
  }
  if (auto grouped = tiers_.Reconfigure(config); !grouped) {
    LogError("groups stay as they were: " + grouped.error().context);
  }
  config_ = std::move(config);
  destroy_events_.Configure(config_);
  search_.Configure(ClassifierOptionsFrom(config_));
  alerting_.Reconfigure(config_.alerts, EventLoop::Now());
  notifying_.Configure(config_);
  ReschedulePolls();
}

void Daemon::ReadKernel() {
  const MonotonicTime now = EventLoop::Now().monotonic;
  const KernelStats before = std::exchange(kernel_, kernel_reader_.Read());
  HostRates rates;
  if (before.counters && kernel_.counters) {
    rates = RatesBetween(*before.counters, *kernel_.counters, now - kernel_read_);
  }
  kernel_read_ = now;
  tiers_.DiagnoseListeners(rates);
}

void Daemon::Publish() {
  const Instant now = EventLoop::Now();
  Snapshot snapshot = tiers_.TakeSnapshot(now.monotonic);
  if (snapshot.listeners) NameOwners(*snapshot.listeners, cgroup_names_, now.monotonic);
  snapshot.destroy_events = destroy_events_.stats();
  snapshot.kernel = kernel_;
  snapshot.sockstat_discrepancy = sockstat_discrepancy_;
  snapshot.process = ReadProcessStats("/proc/self");
  snapshot.config = config_status_;
  snapshot.web_refusals = web_.refusals();
  alerting_.Evaluate(snapshot, now);
  history_.Observe(snapshot, now);
  snapshot.history = history_.table();
  service_notice_.Status(DescribeForStatus(snapshot));
  notifying_.Notify(snapshot, now);
  slot_.Store(std::make_shared<const PublishedReport>(std::move(snapshot), ThisBuild()));
}

}  // namespace connwatch
