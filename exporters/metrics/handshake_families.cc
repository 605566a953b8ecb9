#include "exporters/metrics/handshake_families.h"

#include "exporters/metrics/group_series.h"

namespace connwatch {

std::vector<HandshakeOutcome> OutcomesOf(Direction direction, const TracingStatus& tracing) {
  if (direction == Direction::kInbound) return {HandshakeOutcome::kEstablished};
  std::vector<HandshakeOutcome> outcomes;
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    if (outcome == HandshakeOutcome::kNoRoute && !tracing.sees_no_route) continue;
    outcomes.push_back(outcome);
  }
  return outcomes;
}

void AddHandshakes(MetricFamilies& families, const Snapshot& snapshot) {
  if (snapshot.handshakes == nullptr) return;
  auto ended = families.Counter("connwatch_handshakes_total",
                                "Handshakes that have ended, by outcome. Only outbound ones have "
                                "other outcomes than ok.");
  auto duration = families.Histogram(
      "connwatch_handshake_duration_seconds",
      "Duration of completed handshakes: outbound from the first SYN to the SYN-ACK, inbound from "
      "the SYN-ACK to the ACK.");
  auto retransmissions =
      families.Counter("connwatch_handshake_syn_retransmissions_total",
                       "SYNs that were sent again (outbound), and SYN-ACKs of completed handshakes "
                       "that were sent again (inbound).");
  for (const auto& [key, labels] : SeriesOf(snapshot.groups)) {
    const HandshakeCounts& counts = snapshot.handshakes->totals[key];
    for (const HandshakeOutcome outcome : OutcomesOf(key.direction, snapshot.tracing)) {
      Labels with_outcome = labels;
      with_outcome.emplace_back("outcome", Name(outcome));
      ended.Add(counts.Of(outcome), with_outcome);
    }
    duration.Add(counts.latency, labels);
    retransmissions.Add(counts.syn_retransmissions, labels);
  }
}

void AddHandshakeTracing(MetricFamilies& families, const TracingStatus& tracing) {
  families
      .Gauge("connwatch_handshake_tracing_in_use",
             "1 if every handshake of the host is counted, 0 if handshakes are not traced.")
      .Add(tracing.is_in_use ? 1.0 : 0.0);
  if (!tracing.is_in_use) return;
  const TracingStats& stats = tracing.stats;
  families
      .Counter("connwatch_handshake_tracing_handshakes_without_address_total",
               "Handshakes that were counted without their addresses: too many different ones at a "
               "time.")
      .Add(stats.without_address);
  families
      .Counter("connwatch_handshake_tracing_handshakes_without_port_total",
               "Handshakes that were counted without ports and unit, in group other.")
      .Add(stats.without_port);
  families
      .Counter("connwatch_handshake_tracing_handshakes_untimed_total",
               "Connects that were counted without their duration: too many were pending.")
      .Add(stats.untimed);
  families
      .Counter("connwatch_handshake_tracing_ends_lost_total",
               "Ends of connections that were lost for lack of room.")
      .Add(stats.ends_lost);
  families
      .Gauge("connwatch_handshake_tracing_keys",
             "Different kinds of handshakes that the latest reading told apart.")
      .Add(stats.keys);
  families
      .Counter("connwatch_handshake_tracing_read_failures_total",
               "Times that the counts could not be read. They are read later.")
      .Add(stats.read_failures);
}

}  // namespace connwatch
