// connwatchd: watches this host's TCP connections and serves Prometheus metrics.
#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/config_use.h"
#include "daemon/daemon.h"
#include "daemon/once.h"
#include "daemon/process/logging.h"
#include "daemon/process/options.h"
#include "daemon/process/standard_output.h"
#include "exporters/prometheus_rules/rule_file.h"
#include "netlink/inet_destroy_events.h"
#include "netlink/inet_diag_source.h"

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

int ReportEarlyExit(const EarlyExit& early) {
  if (early.code == kExitGood) return PrintToStandardOutput(early.output);
  std::fputs(early.output.c_str(), stderr);
  return early.code;
}

int RunDaemon(const Options& options, Settings settings) {
  BlockSignals();
  InetDiagSource source;
  InetDestroyEventSource event_source;
  auto loop = EventLoop::Create();
  Result<void> result =
      loop ? Daemon(options, std::move(settings), source, event_source, **loop).Run()
           : loop.error();
  if (result) return kExitGood;
  LogError(result.error().context);
  return kExitFailed;
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
    return PrintToStandardOutput(
        RenderRuleFile(settings.config.alerts, options.rules_scrape_interval));
  }
  if (auto started = StartLog(settings.config.log); !started) {
    PrintError(started.error().context);
    return kExitFailed;
  }
  if (!options.once) return RunDaemon(options, std::move(settings));
  InetDiagSource source;
  return RunOnce(settings.config, source);
}

}  // namespace
}  // namespace connwatch

int main(int argc, char** argv) {
  const int code = connwatch::Main(argc, argv);
  connwatch::EndLog();
  return code;
}
