#include "daemon/daemon.h"

#include <csignal>
#include <string>
#include <utility>

#include "daemon/build_info.h"
#include "daemon/config_use.h"
#include "daemon/logging.h"
#include "procfs/process_stats.h"

namespace connwatch {

Daemon::Daemon(const Options& options, Config config, SocketSource& source, EventLoop& loop)
    : options_(options),
      config_(std::move(config)),
      loop_(loop),
      full_poll_(AggregationOptionsFrom(config_)),
      full_tier_(Tier::kFull, source, full_poll_, config_.poll.full),
      full_runner_(loop, Priority::kFull, full_tier_, [this] { OnPollConcluded(); }),
      config_status_{.last_reload_successful = true, .last_success = EventLoop::Now().wall} {}

Result<void> Daemon::Run() {
  Publish();  // so that there is a page, and "not ready", before the first poll
  if (auto serving = StartServing(); !serving) return serving;
  if (auto signals = TakeSignals(); !signals) return signals;
  if (auto polling = full_runner_.Start(); !polling) return polling;
  auto result = loop_.Run();
  LogInfo("stopping");
  return result;
}

Result<void> Daemon::StartServing() {
  for (const ListenAddress& address : options_.listen_addresses) {
    auto server = HttpServer::Start(address, HttpLimitsFrom(config_), slot_);
    if (!server) return std::move(server).error();
    const std::uint16_t port = (*server)->port();
    const std::string host = address.host.empty() ? "localhost" : address.host;
    LogInfo("serving http://" + ListenAddress{host, port}.ToString() + "/metrics");
    servers_.push_back(std::move(server).value());
  }
  return {};
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
  return take(SIGHUP, [this] { Reload(); });
}

void Daemon::OnPollConcluded() {
  LogPollChange();
  Publish();
}

// Once per failure and once at recovery, not at every poll.
void Daemon::LogPollChange() {
  const auto& failure = full_tier_.health().current_failure();
  const bool is_failing = failure.has_value();
  if (is_failing && !was_failing_) {
    LogError("full poll failed: " + failure->text + "; still serving what the last good one found");
  }
  if (!is_failing && was_failing_) LogInfo("full poll succeeds again");
  was_failing_ = is_failing;
}

void Daemon::Reload() {
  ConfigResult loaded = LoadEffectiveConfig(options_);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) LogError(error.ToString());
    LogError("reload failed: the configuration loaded before stays in force");
    config_status_.last_reload_successful = false;
  } else {
    Apply(std::get<Config>(std::move(loaded)));
    config_status_ = {.last_reload_successful = true, .last_success = EventLoop::Now().wall};
    LogInfo("configuration reloaded");
  }
  Publish();
}

void Daemon::Apply(Config config) {
  if (config.web != config_.web) LogWarning("changes below web: take effect after a restart");
  ConfigureLogging(config.log);
  full_poll_.Reconfigure(AggregationOptionsFrom(config));
  full_tier_.set_interval(config.poll.full);
  const bool is_new_interval = config.poll.full != config_.poll.full;
  config_ = std::move(config);
  if (!is_new_interval) return;
  if (auto polling = full_runner_.Start(); !polling) loop_.Fail(std::move(polling).error());
}

void Daemon::Publish() {
  Snapshot snapshot{.sockets = full_poll_.table(),
                    .totals = full_poll_.totals(),
                    .polls = {full_tier_.health()},
                    .process = ReadProcessStats("/proc/self"),
                    .config = config_status_};
  slot_.Store(std::make_shared<const PublishedSnapshot>(std::move(snapshot), ThisBuild()));
}

}  // namespace connwatch
