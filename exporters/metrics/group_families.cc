#include "exporters/metrics/group_families.h"

#include <vector>

#include "exporters/metrics/group_series.h"

namespace connwatch {

namespace {

void AddSockets(MetricFamilies& families, const std::vector<GroupSeries>& all,
                const PerGroup<GroupLevels>& levels) {
  auto sockets = families.Gauge("connwatch_tcp_group_sockets", "TCP sockets by group and state.");
  for (const auto& [key, labels] : all) {
    for (const TcpState state : kTcpStates) {
      Labels with_state = labels;
      with_state.emplace_back("state", Name(state));
      sockets.Add(levels[key].states.at(IndexOf(state)), with_state);
    }
  }
}

void AddQueues(MetricFamilies& families, const std::vector<GroupSeries>& all,
               const PerGroup<GroupLevels>& levels) {
  auto receive = families.Gauge("connwatch_tcp_receive_queue_bytes",
                                "Bytes that wait to be read by their applications (Recv-Q).");
  auto receive_max = families.Gauge("connwatch_tcp_receive_queue_bytes_max",
                                    "The largest receive queue of one socket.");
  auto send = families.Gauge("connwatch_tcp_send_queue_bytes",
                             "Bytes that wait for the peer's acknowledgement (Send-Q).");
  auto send_max =
      families.Gauge("connwatch_tcp_send_queue_bytes_max", "The largest send queue of one socket.");
  for (const auto& [key, labels] : all) {
    receive.Add(levels[key].receive_queue_bytes, labels);
    receive_max.Add(levels[key].receive_queue_bytes_max, labels);
    send.Add(levels[key].send_queue_bytes, labels);
    send_max.Add(levels[key].send_queue_bytes_max, labels);
  }
}

void AddUnackedData(MetricFamilies& families, const std::vector<GroupSeries>& all,
                    const PerGroup<GroupLevels>& levels) {
  auto sockets = families.Gauge("connwatch_tcp_retransmitting_sockets",
                                "Connections with data that was sent again at least twice and that "
                                "the peer has not acknowledged.");
  auto oldest =
      families.Gauge("connwatch_tcp_retransmitting_oldest_age_seconds",
                     "The longest time since such data was first sent, 0 where there is none.");
  for (const auto& [key, labels] : all) {
    sockets.Add(levels[key].retransmitting, labels);
    oldest.Add(InSeconds(levels[key].retransmitting_oldest_age), labels);
  }
}

void AddTraffic(MetricFamilies& families, const std::vector<GroupSeries>& all,
                const TrafficLedger& ledger) {
  auto sent = families.Counter("connwatch_tcp_bytes_sent_total",
                               "Payload that the peers acknowledged, without retransmissions.");
  auto received = families.Counter("connwatch_tcp_bytes_received_total",
                                   "Payload that arrived in order, without duplicates.");
  auto segments = families.Counter("connwatch_tcp_segments_sent_total",
                                   "Segments sent, pure ACKs and retransmissions included.");
  auto retransmitted =
      families.Counter("connwatch_tcp_segments_retransmitted_total",
                       "Segments with payload sent again. Repeated SYNs and FINs do not count.");
  auto closed = families.Counter("connwatch_tcp_connections_closed_total",
                                 "Connections that were established and have ended.");
  auto busy = families.Counter("connwatch_tcp_busy_seconds_total",
                               "Time connections had data to send, summed over connections.");
  auto rwnd = families.Counter("connwatch_tcp_rwnd_limited_seconds_total",
                               "Of it, time held up by the peer's receive window.");
  auto sndbuf = families.Counter("connwatch_tcp_sndbuf_limited_seconds_total",
                                 "Of it, time held up by the send buffer.");
  for (const auto& [key, labels] : all) {
    const ConnectionUsage& usage = ledger[key].usage;
    sent.Add(usage.bytes_sent, labels);
    received.Add(usage.bytes_received, labels);
    segments.Add(usage.segments_sent, labels);
    retransmitted.Add(usage.segments_retransmitted, labels);
    closed.Add(ledger[key].closed, labels);
    busy.Add(InSeconds(usage.busy), labels);
    rwnd.Add(InSeconds(usage.rwnd_limited), labels);
    sndbuf.Add(InSeconds(usage.sndbuf_limited), labels);
  }
}

void AddRoundTripTimes(MetricFamilies& families, const std::vector<GroupSeries>& all,
                       const Snapshot& snapshot) {
  auto live = families.Histogram("connwatch_tcp_rtt_seconds",
                                 "Smoothed round-trip time: one observation per established socket "
                                 "and full poll, where an ACK arrived since the poll before.");
  auto closed = families.Histogram("connwatch_tcp_closed_rtt_seconds",
                                   "Smoothed round-trip time at the end of each connection.");
  auto closed_min = families.Histogram("connwatch_tcp_closed_min_rtt_seconds",
                                       "Smallest round-trip time at the end of each connection.");
  for (const auto& [key, labels] : all) {
    live.Add(snapshot.totals.rtt[key], labels);
    closed.Add(snapshot.traffic[key].closed_rtt, labels);
    closed_min.Add(snapshot.traffic[key].closed_min_rtt, labels);
  }
}

void AddPendingConnects(MetricFamilies& families, const std::vector<ShownGroup>& groups,
                        const PendingConnects& pending) {
  auto sockets =
      families.Gauge("connwatch_syn_sent_sockets", "Outbound handshakes without an answer.");
  auto retransmitting = families.Gauge("connwatch_syn_sent_retransmitting",
                                       "Of them, those with a SYN retransmitted.");
  auto oldest = families.Gauge("connwatch_syn_sent_oldest_age_seconds",
                               "Age of the oldest of them, 0 where there is none.");
  for (const ShownGroup& shown : groups) {
    const auto found = pending.by_group.find(shown.id);
    if (found == pending.by_group.end()) continue;
    const PendingGroup& group = found->second;
    const Labels labels = {{"group", shown.name}};
    sockets.Add(group.sockets, labels);
    retransmitting.Add(group.retransmitting, labels);
    oldest.Add(InSeconds(group.oldest_age), labels);
  }
}

}  // namespace

void AddGroups(MetricFamilies& families, const Snapshot& snapshot) {
  const std::vector<GroupSeries> all = SeriesOf(snapshot.groups);
  if (snapshot.sockets) {
    AddSockets(families, all, snapshot.sockets->groups);
    AddQueues(families, all, snapshot.sockets->groups);
    AddUnackedData(families, all, snapshot.sockets->groups);
  }
  if (snapshot.pending_connects) {
    AddPendingConnects(families, snapshot.groups, *snapshot.pending_connects);
  }
  AddTraffic(families, all, snapshot.traffic);
  AddRoundTripTimes(families, all, snapshot);
}

}  // namespace connwatch
