// The configuration as plain values, already checked. Made by LoadConfig (config_loader.h) from
// YAML; its defaults are what an absent key means.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/diagnosis.h"

namespace connwatch {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct PollConfig {
  /// Between the starts of two polls of the LISTEN sockets. 10 ms to 1 h.
  std::chrono::milliseconds listeners{100};
  /// Likewise of the SYN-SENT and SYN-RECV sockets. 100 ms to 1 h.
  std::chrono::milliseconds handshakes{1'000};
  /// Likewise of every socket. 100 ms to 1 h.
  std::chrono::milliseconds full{10'000};

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
  /// An idle connection is closed after this. Whole seconds, 1 s to 5 min.
  std::chrono::seconds timeout{10};

  bool operator==(const WebConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;

  bool operator==(const LogConfig&) const = default;
};

struct Config {
  PollConfig poll;
  /// What polling may cost, as a share of one core; intervals stretch to stay within. 0.001 to 1.
  double cpu_budget = 0.02;
  /// What the _peak metrics look back on. 1 s to 1 h.
  std::chrono::milliseconds peak_window{30'000};
  /// Listening addresses with series of their own; the rest is summed as "other". 1 to 100,000.
  std::size_t max_listeners = 500;
  /// Groups with series of their own, such as destination ports of pending connects; the rest is
  /// summed as "other". 1 to 10,000.
  std::size_t max_groups = 100;
  HistogramConfig histograms;
  /// Counts and rates 1 to 1,000,000, shares 0.001 to 1.
  DiagnosisThresholds diagnosis;
  WebConfig web;
  LogConfig log;

  bool operator==(const Config&) const = default;
};

}  // namespace connwatch
