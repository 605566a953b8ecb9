#include "core/alerts/connect_evidence.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/alerts/signal_reader.h"

namespace connwatch {

namespace {

constexpr std::size_t kMaxTop = 5;

std::string SecondsText(std::chrono::duration<double> duration) {
  return FormatValue(SignalUnit::kSeconds, duration.count());
}

// Counts the connects for which `is_meant` returns true.
template <typename Predicate>
AlertEvidence::Counts TopDestinations(const PendingConnects& pending, Predicate is_meant) {
  std::map<std::string, std::uint64_t> counts;
  for (const PendingConnect& connect : pending.oldest) {
    if (is_meant(connect)) ++counts[connect.remote.ToString()];
  }
  AlertEvidence::Counts top(counts.begin(), counts.end());
  std::ranges::stable_sort(top, std::ranges::greater(), &AlertEvidence::Counts::value_type::second);
  top.resize(std::min(top.size(), kMaxTop));
  return top;
}

void AddPending(const PendingGroup& pending, AlertEvidence& evidence) {
  evidence.text += std::to_string(pending.retransmitting) + " of " +
                   std::to_string(pending.sockets) +
                   " pending connects had to repeat the SYN, the oldest is " +
                   SecondsText(pending.oldest_age) + " old";
  evidence.numbers = {
      {"syn_sent", static_cast<double>(pending.sockets)},
      {"syn_sent_retransmitting", static_cast<double>(pending.retransmitting)},
      {"oldest_age_seconds", std::chrono::duration<double>(pending.oldest_age).count()}};
}

AlertEvidence OfPendingGroup(const std::string& group, const Snapshot& snapshot) {
  AlertEvidence evidence;
  if (!snapshot.pending_connects) return evidence;
  const PendingConnects& pending = *snapshot.pending_connects;
  const auto shown = std::ranges::find(snapshot.groups, group, &ShownGroup::name);
  if (shown == snapshot.groups.end()) return evidence;
  evidence.top_destinations = TopDestinations(pending, [&shown](const PendingConnect& connect) {
    return connect.group == shown->id && connect.retransmissions > 0;
  });
  const auto found = pending.by_group.find(shown->id);
  if (found != pending.by_group.end()) AddPending(found->second, evidence);
  return evidence;
}

// The kernel counts the connects that failed, but it does not say which. One that will be refused
// is pending for a round trip, so even those whose SYN was not repeated are worth naming.
AlertEvidence OfAllPending(const Snapshot& snapshot) {
  AlertEvidence evidence;
  evidence.text = "it is not known which connects failed, because handshakes are not traced; ";
  PendingGroup all;
  if (snapshot.pending_connects) {
    for (const auto& [id, group] : snapshot.pending_connects->by_group) {
      all.sockets += group.sockets;
      all.retransmitting += group.retransmitting;
      all.oldest_age = std::max(all.oldest_age, group.oldest_age);
    }
    evidence.top_destinations =
        TopDestinations(*snapshot.pending_connects, [](const PendingConnect&) { return true; });
  }
  if (all.sockets == 0) {
    evidence.text += "no connect is pending";
  } else {
    AddPending(all, evidence);
  }
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

// Those that contribute most to the signal. `group` is empty for those of all groups.
std::vector<Destination> Worst(AlertSignal signal, std::string_view group,
                               const Handshakes& handshakes) {
  std::vector<std::pair<std::uint64_t, const Destination*>> ranked;
  for (const Destination& destination : handshakes.destinations) {
    const bool is_meant =
        destination.netns.empty() && (group.empty() || destination.group == group);
    const std::uint64_t contribution = ContributionTo(signal, destination.recent);
    if (is_meant && contribution > 0) ranked.emplace_back(contribution, &destination);
  }
  std::ranges::stable_sort(ranked, std::ranges::greater(),
                           [](const auto& one) { return one.first; });
  ranked.resize(std::min(ranked.size(), kMaxTop));
  std::vector<Destination> worst;
  worst.reserve(ranked.size());
  for (const auto& [contribution, destination] : ranked) worst.push_back(*destination);
  return worst;
}

void AddTrend(const std::string& group, const Snapshot& snapshot, AlertEvidence& evidence) {
  const auto shown = std::ranges::find(snapshot.groups, group, &ShownGroup::name);
  if (shown == snapshot.groups.end()) return;
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
  const bool is_of_host = SpecOf(signal).subject == SubjectKind::kHost;
  AlertEvidence evidence;
  if (signal == AlertSignal::kHandshakeLatencyGrowth) AddTrend(subject, snapshot, evidence);
  evidence.destinations = Worst(signal, is_of_host ? "" : subject, handshakes);
  if (evidence.destinations.empty()) {
    evidence.text += "no destination with the most connects, failures or latency explains it";
    return evidence;
  }
  evidence.text += "in the last " + SecondsText(handshakes.recent_span) + ": ";
  for (const Destination& destination : evidence.destinations) {
    if (&destination != &evidence.destinations.front()) evidence.text += "; ";
    evidence.text += Describe(destination);
  }
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

AlertEvidence EvidenceOfConnects(AlertSignal signal, const std::string& subject,
                                 const Snapshot& snapshot) {
  if (signal == AlertSignal::kSynSentRetransmitting) return OfPendingGroup(subject, snapshot);
  if (snapshot.handshakes) return OfTracedConnects(signal, subject, snapshot);
  return OfAllPending(snapshot);
}

}  // namespace connwatch
