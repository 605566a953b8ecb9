#include "monitor/other_namespaces.h"

#include <chrono>
#include <utility>

#include "monitor/owners.h"

namespace connwatch {

namespace {

NamespaceTableOptions TableOptionsFrom(const Config& config) {
  return {.max_shown = config.max_network_namespaces,
          .watch = {.peak_window = config.peak_window,
                    .thresholds = config.diagnosis,
                    .exclude_loopback = config.exclude_loopback}};
}

// ip-netns(8) and most container runtimes use the first directory, docker the second.
NetnsNames HostNetnsNames() {
  constexpr std::chrono::seconds kMinRescan{30};
  return {{"/run/netns", "/run/docker/netns"}, "/proc/self/ns/net", kMinRescan};
}

}  // namespace

OtherNamespaces::OtherNamespaces(const Config& config, NamespaceSource& source,
                                 Allowance& connections, CgroupNames& cgroup_names,
                                 KernelReader::Log log)
    : source_(source),
      cgroup_names_(cgroup_names),
      log_(std::move(log)),
      netns_names_(HostNetnsNames()),
      table_(
          TableOptionsFrom(config), connections, [this] { return ReadFacts(); },
          [this](const NamespaceClues& clues, MonotonicTime now) {
            return FindNames(clues, now);
          }) {}

PollWork& OtherNamespaces::Split(Tier tier, PollWork& host) {
  return *splitters_.emplace_back(std::make_unique<PollSplitter>(tier, host, table_));
}

std::optional<std::vector<NamespaceFacts>> OtherNamespaces::ReadFacts() {
  auto facts = source_.ReadNamespaces();
  const bool has_failed = !facts;
  if (has_failed != is_failing_) {
    is_failing_ = has_failed;
    log_(has_failed, has_failed ? "network namespaces: " + facts.error().context
                                : "network namespaces: readable again");
  }
  if (has_failed) return std::nullopt;
  for (const NamespaceFacts& one : *facts) netns_names_.Meet(one.cookie);
  return std::move(facts).value();
}

NameCandidates OtherNamespaces::FindNames(const NamespaceClues& clues, MonotonicTime now) {
  NameCandidates candidates;
  if (clues.inode != 0) candidates.mount = netns_names_.NameOf(clues.cookie, clues.inode, now);
  for (const std::uint64_t cgroup : clues.cgroups) {
    candidates.unit = cgroup_names_.NameOf(cgroup, now);
    if (!candidates.unit.empty()) break;
  }
  return candidates;
}

NetworkNamespaces OtherNamespaces::List(MonotonicTime now) {
  NetworkNamespaces list = table_.List(now);
  for (NetworkNamespace& one : list.shown) NameOwners(one.counts.listeners, cgroup_names_, now);
  return list;
}

}  // namespace connwatch
