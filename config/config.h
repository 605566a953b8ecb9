// The configuration as plain values, already checked. LoadConfig (config_loader.h) makes it from
// YAML. If a key is absent, its value is the default given here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/alerts/alert_defaults.h"
#include "core/alerts/alert_receiver.h"
#include "core/alerts/alert_rule.h"
#include "core/groups/group_rule.h"
#include "core/listeners/diagnosis.h"
#include "core/polling/tier.h"

namespace connwatch {

/// Whether to listen for the end of connections. kAuto means yes, unless that costs more than half
/// of the CPU budget.
enum class DestroyEvents : std::uint8_t { kAuto, kOn, kOff };
/// Whether to walk the kernel's own table of sockets, which shows every network namespace of the
/// host. kAuto means yes, where that is possible. kOn means that a start fails where it is not.
enum class KernelWalk : std::uint8_t { kAuto, kOn, kOff };

/// Whether to trace every handshake and the end of every connection, with BPF programs. kAuto means
/// yes, where that is possible. kOn means that a start fails where it is not.
enum class HandshakeTracing : std::uint8_t { kAuto, kOn, kOff };
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct PollConfig {
  /// The time between the starts of two polls of each tier, by IndexOf(Tier). From the tier's
  /// shortest interval to 1 h.
  PerTier<std::chrono::milliseconds> intervals = [] {
    PerTier<std::chrono::milliseconds> defaults{};
    for (const TierSpec& tier : kTiers) defaults.at(IndexOf(tier.id)) = tier.default_interval;
    return defaults;
  }();

  bool operator==(const PollConfig&) const = default;
};

struct HistogramConfig {
  /// Upper bounds of connwatch_tcp_rtt_seconds, ascending, without +Inf. 1 to 50 of them, each 1 us
  /// to 1 h.
  std::vector<std::chrono::microseconds> rtt{
      std::chrono::microseconds{50},        std::chrono::microseconds{100},
      std::chrono::microseconds{250},       std::chrono::microseconds{500},
      std::chrono::microseconds{1'000},     std::chrono::microseconds{2'500},
      std::chrono::microseconds{5'000},     std::chrono::microseconds{10'000},
      std::chrono::microseconds{25'000},    std::chrono::microseconds{50'000},
      std::chrono::microseconds{100'000},   std::chrono::microseconds{250'000},
      std::chrono::microseconds{500'000},   std::chrono::microseconds{1'000'000},
      std::chrono::microseconds{2'500'000}, std::chrono::microseconds{5'000'000},
      std::chrono::microseconds{10'000'000}};

  bool operator==(const HistogramConfig&) const = default;
};

struct WebConfig {
  /// Open HTTP connections per listen address. 1 to 10,000.
  unsigned max_connections = 100;
  /// Open HTTP connections per client address. 1 to 10,000, at most max_connections.
  unsigned max_connections_per_address = 20;
  /// A connection is closed after this time if it is idle or does not bring a whole request, and
  /// after six times this time if it does not take the reply. Whole seconds, 1 s to 5 min.
  std::chrono::seconds timeout{10};
  /// Whether /api/v1/sockets shows single sockets to those who may see them.
  bool sockets_api = false;
  /// Names of this host that requests may have in their Host header, beside its own, "localhost"
  /// and addresses. At most 100.
  std::vector<std::string> host_names;
  /// Where people reach the status page, without a / at its end. Empty: this host's name and port.
  std::string external_url;

  bool operator==(const WebConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;

  bool operator==(const LogConfig&) const = default;
};

struct Config {
  PollConfig poll;
  /// What the polls may cost together, as a share of one core. Their intervals are stretched to
  /// stay within it. 0.001 to 1.
  double cpu_budget = 0.02;
  /// How far the _peak metrics look back. 1 s to 1 h.
  std::chrono::milliseconds peak_window{30'000};
  /// Whether connections between loopback addresses are left out of everything that is counted by
  /// group, and of the handshakes and destinations.
  bool exclude_loopback = false;
  /// Rules that put connections into groups. The first rule that matches wins. At most 10,000, at
  /// most max_groups, with different names.
  std::vector<GroupRule> groups;
  /// How to group a connection that no rule takes.
  GroupBy group_by = GroupBy::kPort;
  /// Groups with series of their own, configured and automatic; the rest is summed as "other". 1 to
  /// 10,000.
  std::size_t max_groups = 100;
  /// Listening addresses with series of their own; the rest is summed as "other". 1 to 100,000.
  std::size_t max_listeners = 500;
  /// Network namespaces other than the host's own with series of their own; the rest is summed as
  /// "other". 0 to 4,096.
  std::size_t max_network_namespaces = 250;
  /// Where the root of the host's file system is seen; another place than "/" in a container. An
  /// absolute path of at most 4,096 bytes.
  std::string host_root = "/";
  KernelWalk kernel_walk = KernelWalk::kAuto;
  HandshakeTracing handshake_tracing = HandshakeTracing::kAuto;
  DestroyEvents destroy_events = DestroyEvents::kAuto;
  /// With kAuto, what the events may cost, as a share of one core. An event costs about 1 us, and
  /// the socket that it tells of costs the host six to ten times as much (bench/README.md). 0.001
  /// to 1.
  double destroy_event_budget = 0.15;
  /// The room for events that wait to be read, in bytes as the kernel charges them. 4 KiB to 1 GiB.
  /// The kernel gives at most twice net.core.rmem_max.
  std::uint64_t destroy_event_buffer = std::uint64_t{16} << 20U;
  /// How many connections are followed for the totals. Further ones are left out of the totals. 1
  /// to 100,000,000.
  std::size_t max_tracked_connections = 2'000'000;
  HistogramConfig histograms;
  /// Counts and rates are 1 to 1,000,000, shares 0.001 to 1.
  DiagnosisThresholds diagnosis;
  /// The rules in force: the default rules, changed by the configuration, and then the
  /// configuration's own rules. All names differ. Thresholds are 0 to 1e15, `for` is up to 24 h,
  /// growth is over 5 s to 1 h.
  std::vector<AlertRule> alerts = DefaultAlertRules();
  /// Labels of every alert that the daemon sends, with kOwnLabelWords in braces. At most 20.
  std::map<std::string, std::string> alert_labels;
  /// The address of the runbook for a rule, with {{alertname}} in it. Empty: the daemon's own page.
  std::string runbook_url;
  /// The receivers of alerts, with different URLs.
  std::vector<AlertReceiver> alertmanagers;
  /// The time after which a firing alert is sent again. 1 s to 1 h.
  std::chrono::milliseconds alert_resend_interval{60'000};
  WebConfig web;
  LogConfig log;

  bool operator==(const Config&) const = default;
};

}  // namespace connwatch
