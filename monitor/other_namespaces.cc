#include "monitor/other_namespaces.h"

#include <chrono>
#include <utility>

#include "monitor/owners.h"
#include "procfs/host_path.h"

namespace connwatch {

namespace {

NamespaceTableOptions TableOptionsFrom(const Config& config) {
  return {.max_shown = config.max_network_namespaces,
          .watch = {.peak_window = config.peak_window,
                    .thresholds = config.diagnosis,
                    .exclude_loopback = config.exclude_loopback}};
}

// ip-netns(8) and most container runtimes use the first directory, docker the second.
NetnsNames HostNetnsNames(const std::string& host_root) {
  constexpr std::chrono::seconds kMinRescan{30};
  return {{PathOnHost(host_root, "/run/netns"), PathOnHost(host_root, "/run/docker/netns")},
          "/proc/self/ns/net",
          kMinRescan};
}

}  // namespace

OtherNamespaces::OtherNamespaces(const Config& config, NamespaceSource& source,
                                 Allowance& connections, OwnerNames& owner_names,
                                 KernelReader::Log log)
    : source_(source),
      owner_names_(owner_names),
      log_(std::move(log)),
      netns_names_(HostNetnsNames(config.host_root)),
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
    SocketOwner owner = owner_names_.OwnerOf(cgroup, now);
    const bool is_container = !owner.container.empty();
    if (is_container || candidates.unit.empty()) candidates.unit = std::move(owner.unit);
    if (!is_container) continue;
    candidates.container = std::move(owner.container);
    candidates.pod_namespace = std::move(owner.pod_namespace);
    candidates.pod = std::move(owner.pod);
    break;
  }
  return candidates;
}

NetworkNamespaces OtherNamespaces::List(MonotonicTime now) {
  NetworkNamespaces list = table_.List(now);
  for (NetworkNamespace& one : list.shown) NameOwners(one.counts.listeners, owner_names_, now);
  return list;
}

}  // namespace connwatch
