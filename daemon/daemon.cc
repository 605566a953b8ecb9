#include "daemon/daemon.h"

#include <csignal>
#include <cstddef>
#include <string>
#include <utility>

#include "config/restart_keys.h"
#include "daemon/process/logging.h"
#include "monitor/clock.h"
#include "monitor/report_assembly.h"

namespace connwatch {

namespace {

void WarnOfRestartKeys(const Config& before, const Config& after) {
  std::string names;
  for (const std::string_view name : ChangedRestartKeys(before, after)) {
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  if (!names.empty()) {
    LogWarning("these keys have changed, but take effect only after a restart: " + names);
  }
}

}  // namespace

Daemon::Daemon(const Options& options, Settings settings, const SocketSources& sources,
               EventLoop& loop)
    : config_reader_(options),
      config_(std::move(settings.config)),
      sources_(sources),
      loop_(loop),
      monitor_(config_, sources.sockets(), LogChange, sources.namespaces(), sources.handshakes()),
      heartbeat_(loop, [this](MonotonicTime now) { OnBeat(now); }),
      destroy_events_(loop, sources.destroy_events(),
                      [this](const SocketRecord& record, MonotonicTime now) {
                        monitor_.OnDestroyed(record, now);
                      }),
      handshakes_(loop, [this](MonotonicTime now) { monitor_.ReadHandshakes(now); }),
      alert_judge_(config_.alerts),
      incidents_(options.storage_path),
      notifier_(pulse_),
      config_status_{.last_reload_successful = true, .last_success = Now().wall},
      search_(search_source_, slot_, config_.host_root),
      web_(options, std::move(settings.web), {slot_, pulse_}, loop,
           {.reload = [this] { return reloads_->Ask(); },
            .sockets = Search(),
            .incidents = [this](const IncidentQuery& query,
                                bool gzip) { return incidents_.Read(query, gzip); },
            .on_web_files_read = [this](bool is_successful) { OnWebFilesRead(is_successful); }}) {
  for (TierPoller& tier : monitor_.tiers()) {
    tier_runners_.emplace_back(
        loop, PriorityOf(tier.health().tier()), tier,
        [this, &tier](const TierPoller* passenger) { OnPollConcluded(tier, passenger); });
  }
  tier_runners_.at(IndexOf(Tier::kHandshakes)).RideWith(tier_runners_.at(IndexOf(Tier::kFull)));
  search_.Configure(ClassifierOptionsFrom(config_));
}

// A server cannot end while its clients wait for an answer.
Daemon::~Daemon() {
  search_.Stop();
  incidents_.Stop();
  if (reloads_) reloads_->Close();
}

Result<void> Daemon::Run(std::vector<ListeningSocket> listening) {
  auto reloads = ReloadRequests::Create(loop_, [this] { return Reload(); });
  if (!reloads) return std::move(reloads).error();
  reloads_ = std::move(reloads).value();
  notifier_.SetAddress(OwnAddressFrom(config_, listening, web_.is_https()));
  notifier_.Configure(config_);
  incidents_.Start();
  Publish();  // so that there is a page, which says "not ready", before the first poll
  auto serving = web_.Start(std::move(listening), HttpLimitsFrom(config_), HostNamesFrom(config_));
  if (!serving) return serving;
  if (auto signals = TakeSignals(); !signals) return signals;
  if (auto polling = StartPolling(); !polling) return polling;
  auto result = loop_.Run();
  service_notice_.Stopping();
  LogInfo("stopping");
  return result;
}

Result<void> Daemon::TakeSignals() {
  for (const int signal_number : {SIGTERM, SIGINT}) {
    auto source = loop_.OnSignal(signal_number, Priority::kStopSignals, [this] { loop_.Stop(); });
    if (!source) return std::move(source).error();
    stop_signals_.push_back(std::move(source).value());
  }
  return reloads_->TakeHangups();
}

Result<void> Daemon::StartPolling() {
  if (auto started = heartbeat_.Start(); !started) return started;
  destroy_events_.Configure(config_);  // before the baseline poll
  if (sources_.handshakes() != nullptr) {
    if (auto started = handshakes_.Start(); !started) return started;
  }
  for (TierRunner& runner : tier_runners_) {
    if (auto started = runner.Start(); !started) return started;
  }
  return {};
}

void Daemon::ReschedulePolls() {
  for (TierRunner& runner : tier_runners_) {
    if (auto scheduled = runner.Reschedule(); !scheduled) {
      loop_.Fail(std::move(scheduled).error());
    }
  }
}

void Daemon::OnBeat(MonotonicTime now) {
  const bool was_silent = pulse_.SilenceAt(now).has_value();
  pulse_.Beat(now);
  service_notice_.Beat(now);
  // Alerts are sent again only once there is a list that is newer than the silence.
  if (was_silent) Publish();
}

// A snapshot after each listeners poll would cost more than the poll. The peaks keep what happened
// until the next handshakes poll.
void Daemon::OnPollConcluded(const TierPoller& tier, const TierPoller* passenger) {
  if (passenger != nullptr) FollowUp(*passenger);
  FollowUp(tier);
  monitor_.AfterPoll(tier, Now().monotonic);  // a full poll has what follows any other
  const Tier concluded = tier.health().tier();
  if (concluded == Tier::kListeners) return;
  Publish();
  if (concluded == Tier::kFull) service_notice_.Ready();
}

void Daemon::FollowUp(const TierPoller& concluded) {
  const PollHealth& health = concluded.health();
  LogPollChange(health);
  if (health.tier() != Tier::kListeners || health.successes() == 1) FitToBudget();
}

void Daemon::FitToBudget() {
  if (!monitor_.FitToBudget().empty()) ReschedulePolls();
  LogIntervals();
}

void Daemon::LogIntervals() {
  const MonotonicTime now = Now().monotonic;
  for (const TierPoller& tier : monitor_.tiers()) {
    const PollHealth& health = tier.health();
    const std::size_t index = IndexOf(health.tier());
    const auto wanted = config_.poll.intervals.at(index);
    if (!lasting_intervals_.at(index).Observe(health.interval(), wanted, now)) continue;
    const bool is_stretched = health.interval() > wanted;
    LogInfo(std::string(Name(health.tier())) +
            (is_stretched ? " polls now every " : " polls every ") +
            std::to_string(health.interval().count()) +
            (is_stretched ? " ms, to stay within cpu_budget" : " ms again, as configured"));
  }
}

// Not at every poll, even if every other one fails.
void Daemon::LogPollChange(const PollHealth& health) {
  const std::string name(Name(health.tier()));
  const auto& failure = health.current_failure();
  RecurringTrouble& failing = failing_.at(IndexOf(health.tier()));
  switch (failing.Observe(failure.has_value(), Now().monotonic)) {
    case RecurringTrouble::News::kBegins:
      LogError(name + " poll failed: " + failure->text +
               "; the page keeps the data of the last good poll");
      break;
    case RecurringTrouble::News::kIsOver:
      LogInfo(name + " polls succeed again");
      break;
    case RecurringTrouble::News::kNone:
      break;
  }
}

Result<void> Daemon::Reload() {
  service_notice_.Reloading(TimeAwake());
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
  if (config_status_.last_reload_successful) config_status_.last_success = Now().wall;
  Publish();
}

Result<void> Daemon::ReloadConfig() {
  const ConfigResult& loaded = config_reader_.Load();
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  if (errors == nullptr) {
    Apply(std::get<Config>(loaded));
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

// Must change nothing, and cost next to nothing, if `config` is the one in force: there may be many
// reloads. What failed at the latest reload is tried again.
void Daemon::Apply(const Config& config) {
  if (auto grouped = monitor_.Reconfigure(config); !grouped) {
    LogError("groups stay as they were: " + grouped.error().context);
  }
  if (config != config_) {
    WarnOfRestartKeys(config_, config);
    ConfigureLogging(config.log);
    config_ = config;
    search_.Configure(ClassifierOptionsFrom(config_));
    alert_judge_.Reconfigure(config_.alerts, Now());
    ReschedulePolls();
  }
  destroy_events_.Configure(config_);
  notifier_.Configure(config_);
}

Report Daemon::MakeReport() {
  const Instant now = Now();
  const auto paused = heartbeat_.PausedUntil(now.monotonic);
  const DestroyEventStats events = destroy_events_.stats(now.monotonic);
  ReportParts parts{.snapshot = monitor_.TakeSnapshot(
                        {events, paused, sources_.walk_status(), sources_.tracing_status()}, now),
                    .config = config_status_,
                    .web_refusals = web_.refusals(),
                    .http_held_bytes = web_.held_bytes(),
                    .log_lines_lost = LostLogLines()};
  parts.alerts = alert_judge_.Judge(*parts.snapshot, now);
  parts.history = history_.Observe(*parts.snapshot, now);
  incidents_.Observe(alert_judge_.TakeTransitions(), *parts.alerts, *parts.history, now);
  parts.incidents = incidents_.status();
  parts.notifications = notifier_.Tell(parts.alerts, now);
  return AssembleReport(std::move(parts));
}

void Daemon::Publish() {
  auto published = std::make_shared<const PublishedReport>(MakeReport());
  service_notice_.Status(DescribeForStatus(published->report()));
  slot_.Store(std::move(published));
}

}  // namespace connwatch
