// connwatchd: watches this host's TCP connections and serves Prometheus metrics.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "containers/host_root.h"
#include "daemon/config_use.h"
#include "daemon/daemon.h"
#include "daemon/once.h"
#include "daemon/process/capabilities.h"
#include "daemon/process/logging.h"
#include "daemon/process/options.h"
#include "daemon/process/standard_output.h"
#include "daemon/socket_sources.h"
#include "exporters/prometheus_rules/rule_file.h"

namespace connwatch {
namespace {

int ReportConfigErrors(const std::vector<ConfigError>& errors) {
  for (const ConfigError& error : errors) PrintError(error.ToString());
  return kExitMisuse;
}

int ReportGood(const Options& options) {
  std::string text =
      (options.config_file.empty() ? "built-in defaults" : options.config_file) + ": good\n";
  if (!options.web_config_file.empty()) text += options.web_config_file + ": good\n";
  return PrintToStandardOutput(text);
}

int LogFailure(const Error& error) {
  LogError(error.context);
  return kExitFailed;
}

int ReportEarlyExit(const EarlyExit& early) {
  if (early.code == kExitGood) return PrintToStandardOutput(early.output);
  std::fputs(early.output.c_str(), stderr);
  return early.code;
}

// What the kernel gives only to who has capabilities, in part.
struct Acquired {
  SocketSources sources;
  std::vector<ListeningSocket> listening;  // empty with --once
};

// The sources come first: to open them may take long, and clients who connect wait for an answer.
Result<Acquired> Acquire(const Options& options, const Config& config) {
  auto sources = SocketSources::Open(config, options.once);
  if (!sources) return std::move(sources).error();
  Acquired acquired{.sources = std::move(sources).value(), .listening = {}};
  if (options.once) return acquired;
  auto listening = OpenListeningSockets(options);
  if (!listening) return std::move(listening).error();
  acquired.listening = std::move(listening).value();
  return acquired;
}

// Returns what was acquired, for a process that has no capability any more.
Result<Acquired> AcquireAndDropCapabilities(const Options& options, const Config& config) {
  auto acquired = Acquire(options, config);
  if (auto dropped = DropCapabilities(); !dropped) {
    return std::move(dropped).error().Within("drop the capabilities");
  }
  return acquired;
}

Result<void> RunDaemon(const Options& options, Settings settings, Acquired acquired) {
  BlockSignals();
  for (const std::string& line : acquired.sources.Announcements()) LogInfo(line);
  const auto problem = ProblemWithHostRoot(settings.config.host_root, "/proc/self/mountinfo");
  if (problem) LogWarning(*problem + ": owners of sockets have no names");
  auto loop = EventLoop::Create();
  if (!loop) return std::move(loop).error();
  return Daemon(options, std::move(settings), acquired.sources, **loop)
      .Run(std::move(acquired.listening));
}

int Main(int argc, const char* const* argv) {
  const auto parsed = ParseOptions(argc, argv);
  if (const auto* early = std::get_if<EarlyExit>(&parsed)) return ReportEarlyExit(*early);
  const auto& options = std::get<Options>(parsed);
  auto loaded = LoadSettings(options);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    return ReportConfigErrors(*errors);
  }
  if (options.check_config) return ReportGood(options);
  auto& settings = std::get<Settings>(loaded);
  if (options.print_rules) {
    return PrintToStandardOutput(RenderRuleFile(
        settings.config.alerts, options.rules_scrape_interval, settings.config.runbook_url));
  }
  // Until here the process has one thread. Those that it starts from now on have no capability.
  auto acquired = AcquireAndDropCapabilities(options, settings.config);
  if (auto started = StartLog(settings.config.log); !started) {
    PrintError(started.error().context);
    return kExitFailed;
  }
  if (!acquired) return LogFailure(acquired.error());
  if (options.once) return RunOnce(settings.config, acquired->sources);
  const auto result = RunDaemon(options, std::move(settings), std::move(acquired).value());
  return result ? kExitGood : LogFailure(result.error());
}

}  // namespace
}  // namespace connwatch

int main(int argc, char** argv) {
  const int code = connwatch::Main(argc, argv);
  connwatch::EndLog();
  return code;
}
