#include "exporters/metrics/namespace_families.h"

#include <string>
#include <string_view>
#include <vector>

#include "core/namespaces/namespace_sums.h"
#include "exporters/metrics/handshake_families.h"

namespace connwatch {

namespace {

// The name of all namespaces without a place together.
constexpr std::string_view kOtherNamespaces = "other";

// One set of series.
struct ListedNamespace {
  Labels labels;
  const NamespaceCounts& counts;
  ListenerSums listeners;

  Labels With(const Labels& more) const {
    Labels all = labels;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

using ListedNamespaces = std::vector<ListedNamespace>;

Labels LabelsOf(const NamespaceIdentity& id) {
  Labels labels = {{"netns", id.name}};
  if (!id.pod_namespace.empty()) labels.emplace_back("namespace", id.pod_namespace);
  if (!id.pod.empty()) labels.emplace_back("pod", id.pod);
  return labels;
}

ListedNamespaces ListOf(const NetworkNamespaces& namespaces) {
  ListedNamespaces list;
  list.reserve(namespaces.shown.size() + 1);
  for (const NetworkNamespace& shown : namespaces.shown) {
    list.push_back({LabelsOf(shown.identity), shown.counts, SumOf(shown.counts.listeners)});
  }
  if (HasOther(namespaces)) {
    list.push_back(
        {{{"netns", kOtherNamespaces}}, namespaces.other, SumOf(namespaces.other.listeners)});
  }
  return list;
}

void AddInfo(MetricFamilies& families, const NetworkNamespaces& namespaces) {
  auto info = families.Gauge("connwatch_netns_info",
                             "The namespace's owner and its numbers in the kernel; always 1.");
  for (const auto& [id, counts, is_in_trouble] : namespaces.shown) {
    const std::string cookie = std::to_string(id.cookie);
    const std::string inode = std::to_string(id.inode);
    Labels labels = LabelsOf(id);
    labels.insert(labels.end(), {{"unit", id.unit}, {"cookie", cookie}, {"inode", inode}});
    info.Add(1.0, labels);
  }
}

void AddStates(MetricFamilies& families, const ListedNamespaces& list) {
  auto sockets =
      families.Gauge("connwatch_netns_tcp_sockets", "TCP sockets of the namespace by state.");
  for (const ListedNamespace& netns : list) {
    if (!netns.counts.states) continue;
    for (const TcpState state : kTcpStates) {
      sockets.Add(netns.counts.states->at(IndexOf(state)), netns.With({{"state", Name(state)}}));
    }
  }
}

void AddQueues(MetricFamilies& families, const ListedNamespaces& list) {
  auto length =
      families.Gauge("connwatch_netns_accept_queue_length",
                     "Connections waiting for accept, summed over the namespace's listeners.");
  auto utilization = families.Gauge(
      "connwatch_netns_accept_queue_utilization_ratio",
      "Used share of the accept queue of the namespace's fullest socket; full at 1.");
  auto peak_utilization = families.Gauge("connwatch_netns_accept_queue_peak_utilization_ratio",
                                         "Maximum of that share over the peak window.");
  auto syn_peak = families.Gauge("connwatch_netns_syn_queue_peak",
                                 "Maximum over the peak window of the length of one listener's SYN "
                                 "queue, of the longest one.");
  for (const ListedNamespace& netns : list) {
    const Labels& labels = netns.labels;
    const AcceptQueue& accept = netns.listeners.accept_queue;
    length.Add(accept.length, labels);
    if (const auto share = accept.Utilization()) utilization.Add(*share, labels);
    if (const auto share = accept.PeakUtilization()) peak_utilization.Add(*share, labels);
    syn_peak.Add(netns.listeners.syn_queue.peak, labels);
  }
}

void AddTrouble(MetricFamilies& families, const ListedNamespaces& list) {
  auto drops = families.Counter("connwatch_netns_listener_drops_total",
                                "SYNs and final ACKs that the namespace's listeners refused.");
  auto diagnosis =
      families.Gauge("connwatch_netns_listener_diagnosis",
                     "Listeners of the namespace whose handshakes are in trouble by this cause.");
  for (const ListedNamespace& netns : list) {
    drops.Add(netns.listeners.drops, netns.labels);
    if (netns.counts.listeners.listeners.empty()) continue;
    for (const DiagnosisCause cause : kDiagnosisCauses) {
      diagnosis.Add(netns.listeners.causes.at(IndexOf(cause)),
                    netns.With({{"cause", Name(cause)}}));
    }
  }
}

void AddTraffic(MetricFamilies& families, const ListedNamespaces& list) {
  auto sent = families.Counter("connwatch_netns_tcp_bytes_sent_total",
                               "Payload bytes that the peers acknowledged.");
  auto received = families.Counter("connwatch_netns_tcp_bytes_received_total",
                                   "Payload bytes that arrived in order.");
  auto retransmitted = families.Counter("connwatch_netns_tcp_segments_retransmitted_total",
                                        "Segments with payload sent again.");
  auto rtt = families.Summary("connwatch_netns_tcp_rtt_seconds",
                              "Smoothed round-trip time: one observation per established socket "
                              "and full poll, where an ACK arrived since the poll before.");
  for (const ListedNamespace& netns : list) {
    for (const Direction direction : kDirections) {
      const ConnectionUsage& usage = netns.counts.traffic.at(IndexOf(direction));
      const Labels labels = netns.With({{"direction", Name(direction)}});
      sent.Add(usage.bytes_sent, labels);
      received.Add(usage.bytes_received, labels);
      retransmitted.Add(usage.segments_retransmitted, labels);
    }
    rtt.Add(netns.counts.rtt.count, netns.counts.rtt.sum, netns.labels);
  }
}

void AddPending(MetricFamilies& families, const ListedNamespaces& list) {
  auto retransmitting = families.Gauge("connwatch_netns_syn_sent_retransmitting",
                                       "Outbound handshakes with a SYN retransmitted.");
  auto oldest = families.Gauge("connwatch_netns_syn_sent_oldest_age_seconds",
                               "Age of the oldest outbound handshake, 0 where there is none.");
  for (const ListedNamespace& netns : list) {
    const Labels& labels = netns.labels;
    retransmitting.Add(netns.counts.pending.retransmitting, labels);
    oldest.Add(InSeconds(netns.counts.pending.oldest_age), labels);
  }
}

// A handshake may end in many ways, most of which never happen in a namespace. So a series appears
// with the first handshake that it counts.
void AddHandshakeOutcomes(MetricFamilies& families, const ListedNamespaces& list,
                          const TracingStatus& tracing) {
  auto ended = families.Counter("connwatch_netns_handshakes_total",
                                "Handshakes of the namespace that have ended, by outcome.");
  for (const ListedNamespace& netns : list) {
    for (const Direction direction : kDirections) {
      const HandshakeCounts& handshakes = netns.counts.handshakes.at(IndexOf(direction));
      for (const HandshakeOutcome outcome : OutcomesOf(direction, tracing)) {
        if (handshakes.Of(outcome) == 0) continue;
        ended.Add(handshakes.Of(outcome),
                  netns.With({{"direction", Name(direction)}, {"outcome", Name(outcome)}}));
      }
    }
  }
}

// How far the families above can be trusted.
void AddCensus(MetricFamilies& families, const NetworkNamespaces& namespaces,
               const DestroyEventStats& events) {
  families
      .Gauge("connwatch_network_namespaces",
             "Network namespaces of the host, the daemon's own not counted.")
      .Add(namespaces.seen);
  families.Gauge("connwatch_network_namespaces_unnamed", "Of them, those that only have a number.")
      .Add(namespaces.unnamed);
  families
      .Gauge("connwatch_network_namespaces_left_out",
             "Namespaces that are not counted: their sockets cannot be seen, or there is no room.")
      .Add(namespaces.left_out);
  families
      .Gauge("connwatch_folded_network_namespaces_in_trouble",
             "Of the namespaces that are summed up, those in trouble: no place was free for them.")
      .Add(namespaces.folded_in_trouble);
  families
      .Gauge("connwatch_netns_destroy_events_active",
             "1 while the kernel tells of the sockets that end in other network namespaces; 0: "
             "their totals are too low.")
      .Add(events.is_of_all_namespaces ? 1.0 : 0.0);
}

}  // namespace

void AddNamespaces(MetricFamilies& families, const Snapshot& snapshot) {
  if (!snapshot.namespaces) return;
  const ListedNamespaces list = ListOf(*snapshot.namespaces);
  AddInfo(families, *snapshot.namespaces);
  AddStates(families, list);
  AddQueues(families, list);
  AddTrouble(families, list);
  AddTraffic(families, list);
  AddPending(families, list);
  if (snapshot.handshakes != nullptr) AddHandshakeOutcomes(families, list, snapshot.tracing);
  AddCensus(families, *snapshot.namespaces, snapshot.destroy_events);
}

void AddKernelWalk(MetricFamilies& families, const WalkStatus& walk) {
  families
      .Gauge("connwatch_kernel_walk_in_use",
             "1 if sockets come from the walk over the kernel's table, 0 if from inet_diag.")
      .Add(walk.is_in_use ? 1.0 : 0.0);
  const WalkStats& stats = walk.stats;
  if (!walk.is_in_use && stats.runs == 0) return;
  families.Counter("connwatch_kernel_walk_runs_total", "Runs of the program that walks the table.")
      .Add(stats.runs);
  families
      .Counter("connwatch_kernel_walk_restarted_buckets_total",
               "Buckets that were read again, because a socket had moved meanwhile.")
      .Add(stats.restarted_buckets);
  families
      .Counter("connwatch_kernel_walk_overrun_buckets_total",
               "Buckets that were not read to their end: sockets are missing.")
      .Add(stats.overrun_buckets);
  families
      .Counter("connwatch_kernel_walk_faulted_records_total",
               "Sockets that were thrown away, because their memory could not be read.")
      .Add(stats.faulted_records);
  families
      .Counter("connwatch_kernel_walk_cookies_given_total",
               "Sockets that had no cookie until inet_diag was asked for them.")
      .Add(stats.cookies_given);
  families
      .Gauge("connwatch_kernel_walk_longest_run_seconds",
             "The longest run of the program since the start.")
      .Add(InSeconds(stats.longest_run));
}

}  // namespace connwatch
