#include "daemon/process/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <utility>

#include "bpf/kernel_walk.h"
#include "config/log_words.h"
#include "config/value_parser.h"
#include "core/build_info.h"

namespace connwatch {

namespace {

using namespace std::chrono_literals;

constexpr const char* kDefaultConfigFile = "/etc/connwatch/connwatch.yaml";
constexpr const char* kDefaultListenAddress = ":10177";

std::string VersionText() {
  const BuildInfo build = ThisBuild();
  return "connwatchd " + build.version + " (revision " + build.revision + ", " + build.compiler +
         ", " + (IsKernelWalkBuilt() ? "with" : "without") + " kernel walk)";
}

template <typename T, std::size_t size>
std::vector<std::string> WordsOf(const std::array<WordFor<T>, size>& choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const WordFor<T>& choice : choices) words.emplace_back(choice.word);
  return words;
}

// nullopt if the flag was not given.
template <typename T, std::size_t size>
std::optional<T> Chosen(const std::array<WordFor<T>, size>& choices, const std::string& word) {
  const auto choice = std::ranges::find(choices, word, &WordFor<T>::word);
  return choice == choices.end() ? std::nullopt : std::optional<T>(choice->value);
}

// The options as CLI11 fills them in, before further checks.
struct RawOptions {
  Options options;
  std::vector<std::string> listen_addresses{kDefaultListenAddress};
  std::string log_level;
  std::string log_format;
  std::string rules_scrape_interval = FormatDuration(kDefaultScrapeInterval);
};

void Describe(CLI::App& app, RawOptions& raw) {
  app.add_option("--config.file", raw.options.config_file,
                 std::string("Configuration file (YAML). Default: ") + kDefaultConfigFile +
                     " if it exists, else built-in defaults")
      ->type_name("FILE");
  app.add_option("--web.listen-address", raw.listen_addresses,
                 "Address to listen on: host:port, [ipv6]:port, :port or unix:/path. Can be given "
                 "several times")
      ->type_name("ADDRESS")
      ->expected(1)
      ->take_all()
      ->capture_default_str();
  app.add_flag("--web.systemd-socket", raw.options.systemd_socket,
               "Listen on the sockets that systemd passes, instead of addresses");
  app.add_option("--web.config.file", raw.options.web_config_file,
                 "File with TLS and users, in the format of the Prometheus exporter toolkit")
      ->type_name("FILE");
  app.add_flag("--web.enable-lifecycle", raw.options.enable_lifecycle,
               "Allow POST /-/reload to reload the configuration");
  app.add_option("--storage.path", raw.options.storage_path,
                 "Directory in which incidents are kept. Default: the state directory that systemd "
                 "gives, else none: a restart then forgets them")
      ->type_name("DIRECTORY")
      ->envname("STATE_DIRECTORY");
  app.add_option("--log.level", raw.log_level,
                 "Lowest level to log; overrides log.level of the configuration")
      ->type_name("")
      ->check(CLI::IsMember(WordsOf(kLogLevelWords)));
  app.add_option("--log.format", raw.log_format,
                 "Format of the log; overrides log.format of the configuration")
      ->type_name("")
      ->check(CLI::IsMember(WordsOf(kLogFormatWords)));
  app.add_flag("--once", raw.options.once, "Poll once, print the metrics page and exit");
  app.add_flag("--check-config", raw.options.check_config, "Check the configuration and exit");
  auto* print_rules = app.add_flag("--print-rules", raw.options.print_rules,
                                   "Print the alert rules as a rule file for Prometheus and exit");
  app.add_option("--rules.scrape-interval", raw.rules_scrape_interval,
                 "With --print-rules: how often Prometheus scrapes, 1s to 5m")
      ->type_name("DURATION")
      ->needs(print_rules)
      ->capture_default_str();
  app.set_version_flag("--version", VersionText());
}

EarlyExit Misuse(const std::string& why) {
  return {kExitMisuse, "connwatchd: " + why + "\nTry connwatchd --help.\n"};
}

}  // namespace

std::variant<Options, EarlyExit> ParseOptions(int argc, const char* const* argv) {
  CLI::App app("Watches this host's TCP connections and serves Prometheus metrics.", "connwatchd");
  RawOptions raw;
  Describe(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    std::ostringstream output;
    app.exit(wanted, output, output);
    return EarlyExit{kExitGood, output.str()};
  } catch (const CLI::ParseError& wrong) {
    return Misuse(wrong.what());
  }
  if (raw.options.systemd_socket && app.count("--web.listen-address") > 0) {
    return Misuse("--web.listen-address and --web.systemd-socket exclude each other");
  }
  if (app.count("--config.file") > 0 && raw.options.config_file.empty()) {
    return Misuse("--config.file is empty");
  }
  if (app.count("--web.config.file") > 0 && raw.options.web_config_file.empty()) {
    return Misuse("--web.config.file is empty");
  }
  for (const std::string& text : raw.listen_addresses) {
    auto address = ParseListenAddress(text);
    if (!address) return Misuse(address.error().context);
    raw.options.listen_addresses.push_back(std::move(address).value());
  }
  const auto scrape_interval =
      ParseDuration(raw.rules_scrape_interval, {.min = 1s, .max = 5min, .step = 1s});
  if (!scrape_interval) {
    return Misuse("--rules.scrape-interval: " + scrape_interval.error().context);
  }
  raw.options.rules_scrape_interval =
      std::chrono::duration_cast<std::chrono::seconds>(*scrape_interval);
  raw.options.log_level = Chosen(kLogLevelWords, raw.log_level);
  raw.options.log_format = Chosen(kLogFormatWords, raw.log_format);
  const bool is_config_given = app.count("--config.file") > 0;
  if (!is_config_given && access(kDefaultConfigFile, F_OK) == 0) {
    raw.options.config_file = kDefaultConfigFile;
  }
  return std::move(raw.options);
}

}  // namespace connwatch
