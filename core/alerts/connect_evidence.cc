#include "core/alerts/connect_evidence.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/signal_reader.h"
#include "core/alerts/top_counts.h"

namespace connwatch {

namespace {

std::string SecondsText(std::chrono::duration<double> duration) {
  return FormatValue(SignalUnit::kSeconds, duration.count());
}

struct PendingCounts {
  NamedCounts destinations;
  NamedCounts units;
};

// The connects that a signal is about. Of a group: those whose SYN was sent again. `group` is
// nullptr for all of the host.
PendingCounts CountPending(const PendingConnects& pending, const ShownGroup* group) {
  PendingCounts counts;
  for (const PendingConnect& connect : pending.oldest) {
    const bool is_meant =
        group == nullptr || (connect.group == group->id && connect.retransmissions > 0);
    if (!is_meant) continue;
    ++counts.destinations[connect.remote.ToString()];
    ++counts.units[connect.unit];
  }
  return counts;
}

// nullptr if it is not shown.
const ShownGroup* GroupNamed(const std::string& name, const Snapshot& snapshot) {
  const auto shown = std::ranges::find(snapshot.groups, name, &ShownGroup::name);
  return shown == snapshot.groups.end() ? nullptr : &*shown;
}

void AddPending(const PendingGroup& pending, AlertEvidence& evidence) {
  evidence.text += std::to_string(pending.retransmitting) + " of " +
                   std::to_string(pending.sockets) +
                   " pending connects had to repeat the SYN, the oldest is " +
                   AgeText(pending.oldest_age) + " old";
  evidence.numbers = {
      {"syn_sent", static_cast<double>(pending.sockets)},
      {"syn_sent_retransmitting", static_cast<double>(pending.retransmitting)},
      {"oldest_age_seconds", std::chrono::duration<double>(pending.oldest_age).count()}};
}

AlertEvidence OfPendingGroup(const std::string& group, const Snapshot& snapshot) {
  AlertEvidence evidence;
  if (!snapshot.pending_connects) return evidence;
  const PendingConnects& pending = *snapshot.pending_connects;
  const ShownGroup* const shown = GroupNamed(group, snapshot);
  if (shown == nullptr) return evidence;
  const auto found = pending.by_group.find(shown->id);
  if (found != pending.by_group.end()) AddPending(found->second, evidence);
  const PendingCounts counts = CountPending(pending, shown);
  evidence.top_destinations = TopOf(counts.destinations);
  AddUnits(counts.units, evidence);
  return evidence;
}

// The kernel counts the connects that failed, but it does not say which. One that will be refused
// is pending for a round trip, so even those whose SYN was not repeated are worth naming.
AlertEvidence OfAllPending(const Snapshot& snapshot) {
  AlertEvidence evidence;
  evidence.text = "it is not known which connects failed, because handshakes are not traced; ";
  const PendingConnects pending = snapshot.pending_connects.value_or(PendingConnects{});
  PendingGroup all;
  for (const auto& [id, group] : pending.by_group) {
    all.sockets += group.sockets;
    all.retransmitting += group.retransmitting;
    all.oldest_age = std::max(all.oldest_age, group.oldest_age);
  }
  if (all.sockets == 0) {
    evidence.text += "no connect is pending";
    return evidence;
  }
  AddPending(all, evidence);
  const PendingCounts counts = CountPending(pending, nullptr);
  evidence.top_destinations = TopOf(counts.destinations);
  AddUnits(counts.units, evidence);
  return evidence;
}

// "60 of 100 connects failed (50 refused, 10 timed out), 5 abandoned"
std::string Outcomes(const HandshakeCounts& counts) {
  std::string failed;
  for (const HandshakeOutcome outcome : kHandshakeOutcomes) {
    if (!IsFailure(outcome) || counts.Of(outcome) == 0) continue;
    std::string name(Name(outcome));
    std::ranges::replace(name, '_', ' ');
    failed += (failed.empty() ? " (" : ", ") + std::to_string(counts.Of(outcome)) + " " + name;
  }
  std::string text = std::to_string(counts.Failed()) + " of " + std::to_string(counts.Total()) +
                     " connects failed" + failed + (failed.empty() ? "" : ")");
  const std::uint64_t abandoned = counts.Of(HandshakeOutcome::kAbandoned);
  if (abandoned > 0) text += ", " + std::to_string(abandoned) + " abandoned";
  return text;
}

// "192.0.2.1:443 from a.service: 60 of 100 connects failed (60 refused), median 0.0012 s"
std::string Describe(const Destination& destination) {
  const HandshakeCounts& counts = destination.recent;
  std::string text = destination.remote.ToString();
  if (!destination.unit.empty()) text += " from " + destination.unit;
  text += ": " + Outcomes(counts);
  if (counts.syn_retransmissions > 0) {
    text += ", SYNs sent again: " + std::to_string(counts.syn_retransmissions);
  }
  if (const auto median = counts.latency.Quantile(0.5)) text += ", median " + SecondsText(*median);
  return text;
}

struct Contribution {
  std::uint64_t amount = 0;
  const Destination* destination = nullptr;
};

// The destinations that contribute to the signal, the one that contributes most first.
std::vector<Contribution> Contributions(AlertSignal signal, const std::string& subject,
                                        const Handshakes& handshakes) {
  const bool is_of_host = SpecOf(signal).subject == SubjectKind::kHost;
  std::vector<Contribution> ranked;
  for (const Destination& destination : handshakes.destinations) {
    const bool is_meant = destination.netns.empty() && (is_of_host || destination.group == subject);
    const std::uint64_t amount = ContributionTo(signal, destination.recent);
    if (is_meant && amount > 0) ranked.push_back({amount, &destination});
  }
  std::ranges::stable_sort(ranked, std::ranges::greater(), &Contribution::amount);
  return ranked;
}

void AddTrend(const std::string& group, const Snapshot& snapshot, AlertEvidence& evidence) {
  const ShownGroup* const shown = GroupNamed(group, snapshot);
  if (shown == nullptr) return;
  const auto& trend = snapshot.handshakes->trends[{Direction::kOutbound, shown->id}];
  if (!trend) return;
  evidence.text = "the median of the latest minute or two is " + SecondsText(trend->now) +
                  ", that of the hour before is " + SecondsText(trend->before) + "; ";
  evidence.numbers = {{"median_now_seconds", trend->now.count()},
                      {"median_before_seconds", trend->before.count()}};
}

AlertEvidence OfTracedConnects(AlertSignal signal, const std::string& subject,
                               const Snapshot& snapshot) {
  const Handshakes& handshakes = *snapshot.handshakes;
  AlertEvidence evidence;
  if (signal == AlertSignal::kHandshakeLatencyGrowth) AddTrend(subject, snapshot, evidence);
  for (const Contribution& contribution : Contributions(signal, subject, handshakes)) {
    if (evidence.destinations.size() == kMaxTop) break;
    evidence.destinations.push_back(*contribution.destination);
  }
  if (evidence.destinations.empty()) {
    evidence.text += "no destination with the most connects, failures or latency explains it";
    return evidence;
  }
  evidence.text += "in the last " + SecondsText(handshakes.recent_span) + ": ";
  for (const Destination& destination : evidence.destinations) {
    if (&destination != &evidence.destinations.front()) evidence.text += "; ";
    evidence.text += Describe(destination);
  }
  // Of latency they would be nanoseconds.
  if (signal == AlertSignal::kHandshakeLatencyGrowth) return evidence;
  evidence.top_units = TopOf(UnitsOfConnects(signal, subject, snapshot));
  return evidence;
}

}  // namespace

bool IsOfConnects(AlertSignal signal) {
  return signal == AlertSignal::kAttemptFails || signal == AlertSignal::kUntracedAttemptFails ||
         signal == AlertSignal::kSynSentRetransmitting ||
         signal == AlertSignal::kConnectsRefusedRatio ||
         signal == AlertSignal::kConnectsTimedOutRatio ||
         signal == AlertSignal::kConnectsUnreachableRatio ||
         signal == AlertSignal::kHandshakeLatencyGrowth ||
         signal == AlertSignal::kSynRetransmissionRatio;
}

NamedCounts UnitsOfConnects(AlertSignal signal, const std::string& subject,
                            const Snapshot& snapshot) {
  if (signal == AlertSignal::kSynSentRetransmitting) {
    const ShownGroup* const shown = GroupNamed(subject, snapshot);
    if (shown == nullptr || !snapshot.pending_connects) return {};
    return CountPending(*snapshot.pending_connects, shown).units;
  }
  if (!snapshot.handshakes) return {};
  NamedCounts units;
  for (const auto& [amount, destination] : Contributions(signal, subject, *snapshot.handshakes)) {
    units[destination->unit] += amount;
  }
  return units;
}

AlertEvidence EvidenceOfConnects(AlertSignal signal, const std::string& subject,
                                 const Snapshot& snapshot) {
  if (signal == AlertSignal::kSynSentRetransmitting) return OfPendingGroup(subject, snapshot);
  if (snapshot.handshakes) return OfTracedConnects(signal, subject, snapshot);
  return OfAllPending(snapshot);
}

}  // namespace connwatch
