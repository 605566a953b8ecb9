#include "core/alert_evidence.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace connwatch {

namespace {

constexpr std::size_t kMaxTop = 5;
// Listeners named in the evidence of a host-wide counter.
constexpr std::size_t kMaxListeners = 3;

void Join(std::string& text, const std::string& more) {
  if (!text.empty()) text += "; ";
  text += more;
}

std::string Explanations(const ListenerStatus& status) {
  std::string text;
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    if (status.diagnosis.Has(cause)) Join(text, Explain(cause, status.evidence));
  }
  return text;
}

// Where no cause is known.
std::string Queues(const ListenerStatus& status) {
  const AcceptQueue& accept = status.accept_queue;
  const ListenerEvidence& seen = status.evidence;
  return "SYN queue " + std::to_string(status.syn_queue.length) + " (peak " +
         std::to_string(status.syn_queue.peak) + "), accept queue " +
         std::to_string(accept.length) + " (peak " + std::to_string(accept.peak) + "), limit " +
         std::to_string(accept.limit) + ", " +
         FormatValue(SignalUnit::kPerSecond, seen.drops_per_second) + " drops";
}

AlertEvidence OfListener(const ListenerStatus& status) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const ListenerEvidence& seen = status.evidence;
  AlertEvidence evidence;
  evidence.text = Explanations(status);
  if (evidence.text.empty()) evidence.text = Queues(status);
  evidence.numbers = {{"accept_queue_length", number(status.accept_queue.length)},
                      {"accept_queue_peak", number(status.accept_queue.peak)},
                      {"accept_queue_limit", number(status.accept_queue.limit)},
                      {"drops_per_second", seen.drops_per_second},
                      {"syn_queue_length", number(status.syn_queue.length)},
                      {"syn_queue_peak", number(status.syn_queue.peak)},
                      {"syn_queue_retransmitting", number(status.syn_queue.retransmitting)},
                      {"syn_queue_settled", number(seen.syn_queue_settled)},
                      {"syn_queue_growth_per_second", seen.syn_queue_growth_per_second},
                      {"source_prefixes", number(seen.source_prefixes)},
                      {"top_source_share", seen.top_source_share},
                      {"syn_cookies_per_second", seen.syn_cookies_per_second}};
  for (const SourceCount& source : status.top_sources) {
    evidence.top_sources.emplace_back(FormatSourcePrefix(source.prefix), source.count);
  }
  return evidence;
}

AlertEvidence::Counts TopDestinations(const PendingConnects& pending) {
  std::map<std::string, std::uint64_t> counts;
  for (const PendingConnect& connect : pending.oldest) {
    if (connect.retransmissions > 0) ++counts[connect.remote.ToString()];
  }
  AlertEvidence::Counts top(counts.begin(), counts.end());
  std::ranges::stable_sort(top, std::ranges::greater(), &AlertEvidence::Counts::value_type::second);
  top.resize(std::min(top.size(), kMaxTop));
  return top;
}

AlertEvidence OfPendingConnects(const Snapshot& snapshot, const std::string& group) {
  AlertEvidence evidence;
  if (!snapshot.pending_connects) return evidence;
  evidence.top_destinations = TopDestinations(*snapshot.pending_connects);
  const auto shown = std::ranges::find(snapshot.groups, group, &ShownGroup::name);
  if (shown == snapshot.groups.end()) return evidence;
  const auto found = snapshot.pending_connects->by_group.find(shown->id);
  if (found == snapshot.pending_connects->by_group.end()) return evidence;
  const PendingGroup& pending = found->second;
  const double oldest = std::chrono::duration<double>(pending.oldest_age).count();
  evidence.text = std::to_string(pending.retransmitting) + " of " +
                  std::to_string(pending.sockets) +
                  " pending connects had to repeat the SYN, the oldest is " +
                  FormatValue(SignalUnit::kSeconds, oldest) + " old";
  evidence.numbers = {{"syn_sent", static_cast<double>(pending.sockets)},
                      {"syn_sent_retransmitting", static_cast<double>(pending.retransmitting)},
                      {"oldest_age_seconds", oldest}};
  return evidence;
}

// The kernel counts cookies for the host: the listeners that can be the ones that send them.
AlertEvidence OfCookies(const Snapshot& snapshot) {
  AlertEvidence evidence;
  if (!snapshot.listeners) return evidence;
  std::size_t named = 0;
  for (const Listener& listener : snapshot.listeners->listeners) {
    if (!listener.status.diagnosis.Has(DiagnosisCause::kSynCookies)) continue;
    if (++named > kMaxListeners) break;
    Join(evidence.text, listener.address.ToString() + ": " + Explanations(listener.status));
    if (named == 1) evidence.top_sources = OfListener(listener.status).top_sources;
  }
  return evidence;
}

AlertEvidence OfPolls(const Snapshot& snapshot) {
  AlertEvidence evidence;
  for (const PollHealth& health : snapshot.polls) {
    const auto& failure = health.current_failure();
    if (failure) Join(evidence.text, std::string(Name(health.tier())) + " polls: " + failure->text);
  }
  return evidence;
}

}  // namespace

std::string CauseOf(const SignalReading& reading) {
  if (reading.listener == nullptr) return {};
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    const bool is_trouble = cause != DiagnosisCause::kDeferredAccept;
    if (is_trouble && reading.listener->status.diagnosis.Has(cause)) {
      return std::string(Name(cause));
    }
  }
  return {};
}

AlertEvidence GatherEvidence(AlertSignal signal, const SignalReading& reading,
                             const Snapshot& snapshot) {
  if (reading.listener != nullptr) return OfListener(reading.listener->status);
  if (signal == AlertSignal::kSynSentRetransmitting) {
    return OfPendingConnects(snapshot, reading.subject);
  }
  if (signal == AlertSignal::kSynCookiesSent) return OfCookies(snapshot);
  if (signal == AlertSignal::kMonitorAgeSeconds) return OfPolls(snapshot);
  return {};
}

}  // namespace connwatch
