// A NamespaceTable, and short ways to tell it what the kernel says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/namespaces/namespace_table.h"
#include "tests/support/records.h"
#include "tests/support/snapshots.h"

namespace connwatch {

/// The same socket in the namespace with this cookie.
inline SocketRecord In(std::uint64_t net_cookie, SocketRecord record) {
  record.net_cookie = net_cookie;
  return record;
}

/// A namespace as the kernel lists it, with this ListenDrops.
inline NamespaceFacts Facts(std::uint64_t cookie, std::uint64_t listen_drops = 0) {
  NamespaceFacts facts{.cookie = cookie, .inode = static_cast<std::uint32_t>(4'000 + cookie)};
  facts.counters[KernelCounterId::kListenDrops] = listen_drops;
  facts.counters[KernelCounterId::kSyncookiesSent] = 0;
  facts.counters[KernelCounterId::kPassiveOpens] = 0;
  return facts;
}

struct NamespaceWorld {
  explicit NamespaceWorld(std::size_t max_shown = 250) : NamespaceWorld({.max_shown = max_shown}) {}
  explicit NamespaceWorld(const NamespaceTableOptions& options)
      : table(
            options, connections,
            [this] {
              ++readings;
              return facts;
            },
            [this](const NamespaceClues& clues, MonotonicTime /*now*/) {
              return candidates[clues.cookie];
            }) {}

  void Poll(Tier tier, int at_ms, const std::vector<SocketRecord>& records) {
    Begin(tier, at_ms, records);
    table.Complete(tier, AtMs(at_ms));
  }
  /// A poll that does not end.
  void Begin(Tier tier, int at_ms, const std::vector<SocketRecord>& records) {
    table.Begin(tier, AtMs(at_ms));
    for (const SocketRecord& record : records) {
      table.Add(tier, record.net_cookie, {&record, 1}, AtMs(at_ms));
    }
  }
  NetworkNamespaces Judge(int at_ms) {
    table.Judge(AtMs(at_ms).monotonic);
    return table.List(AtMs(at_ms).monotonic);
  }

  static Instant AtMs(int milliseconds) {
    Instant instant = TestInstant(0);
    instant.monotonic += std::chrono::milliseconds(milliseconds);
    return instant;
  }

  Allowance connections{1'000'000};
  /// What the kernel lists; nullopt if it cannot be read.
  std::optional<std::vector<NamespaceFacts>> facts;
  std::map<std::uint64_t, NameCandidates> candidates;
  int readings = 0;
  NamespaceTable table;
};

}  // namespace connwatch
