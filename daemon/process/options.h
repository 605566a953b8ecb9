// The command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.h"
#include "exporters/prometheus_rules/rule_file.h"
#include "exporters/server/listen_address.h"

namespace connwatch {

// Exit codes of the program.
inline constexpr int kExitGood = 0;
inline constexpr int kExitFailed = 1;  // at run time
inline constexpr int kExitMisuse = 2;  // wrong flags or bad configuration

struct Options {
  /// Empty means the built-in defaults.
  std::string config_file;
  std::vector<ListenAddress> listen_addresses;
  /// Listening sockets come from systemd instead.
  bool systemd_socket = false;
  /// Empty means plain HTTP for everybody.
  std::string web_config_file;
  /// Whether clients may ask for a reload over HTTP.
  bool enable_lifecycle = false;
  /// The directory in which incidents are kept. Empty means in memory only.
  std::string storage_path;
  /// If flags set these, they override the configuration file, also after a reload.
  std::optional<LogLevel> log_level;
  std::optional<LogFormat> log_format;
  bool once = false;
  bool check_config = false;
  bool print_rules = false;
  std::chrono::seconds rules_scrape_interval = kDefaultScrapeInterval;
};

/// The text to print and the exit code, after --help, --version or a wrong flag.
struct EarlyExit {
  int code = kExitGood;
  std::string output;  // to standard output if code is 0, else to standard error
};

std::variant<Options, EarlyExit> ParseOptions(int argc, const char* const* argv);

}  // namespace connwatch
