#include "core/alerts/alert_evidence.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "core/alerts/connect_evidence.h"
#include "core/alerts/culprit_evidence.h"
#include "core/listeners/diagnose.h"

namespace connwatch {

namespace {

// How many listeners are named in the evidence of a host-wide counter.
constexpr std::size_t kMaxListeners = 3;

RateScope ScopeOf(const SignalReading& reading) {
  return reading.netns == nullptr ? RateScope::kHost : RateScope::kNamespace;
}

std::string Explanations(const ListenerStatus& status, RateScope scope) {
  std::string text;
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    if (status.diagnosis.Has(cause)) AddFact(text, Explain(cause, status, scope));
  }
  return text;
}

bool IsTrouble(DiagnosisCause cause) { return cause != DiagnosisCause::kDeferredAccept; }

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double InSeconds(std::chrono::duration<double> duration) { return duration.count(); }

// For a listener without a known cause.
std::string Queues(const ListenerStatus& status) {
  const AcceptQueue& accept = status.accept_queue;
  return "SYN queue " + std::to_string(status.syn_queue.length) + " (peak " +
         std::to_string(status.syn_queue.peak) + "), accept queue " +
         std::to_string(accept.length) + " (peak " + std::to_string(accept.peak) + "), limit " +
         std::to_string(accept.limit) + (accept.sockets > 1 ? ", " + accept.Imbalance() : "");
}

// Drops come in bursts, because clients repeat their SYNs after whole seconds. So an alert on them
// tells of its own window, not of the second before it fired.
std::string Drops(double per_second, std::chrono::seconds window) {
  return FormatValue(SignalUnit::kPerSecond, per_second) +
         " SYNs or final ACKs refused over the last " + std::to_string(window.count()) + " s";
}

std::string CausesText(const FiringReading& fires) {
  const ListenerStatus& status = fires.reading.listener->status;
  std::string text = Explanations(status, ScopeOf(fires.reading));
  if (!text.empty()) return text;
  if (fires.cause == nullptr) return Queues(status);
  const auto ago = std::chrono::round<std::chrono::seconds>(fires.now - fires.cause->at);
  return std::to_string(ago.count()) + " s before: " + fires.cause->explanation;
}

// "67 % repeated the SYN-ACK; "; empty if the explanation of a cause says so already.
std::string RepeatedText(const ListenerStatus& status) {
  const Diagnosis& diagnosis = status.diagnosis;
  if (diagnosis.Has(DiagnosisCause::kSynFlood) || diagnosis.Has(DiagnosisCause::kReturnPathLoss)) {
    return {};
  }
  const SynQueue& queue = status.syn_queue;
  return FormatValue(SignalUnit::kShare, Share(queue.retransmitting, queue.length)) +
         " repeated the SYN-ACK; ";
}

// "67 % repeated the SYN-ACK; ages: 500 below 1 s, 1000 from 1 s, 3 from 15 s, the oldest 16.2 s"
std::string HalfOpen(const ListenerStatus& status) {
  const HandshakeAges& ages = status.signs.ages;
  std::string text;
  for (std::size_t i = 0; i < ages.counts.size(); ++i) {
    if (ages.counts.at(i) == 0) continue;
    text += text.empty() ? "" : ", ";
    text += std::to_string(ages.counts.at(i)) + (i == 0 ? " below " : " from ");
    text += std::to_string(HandshakeAges::kBounds.at(i == 0 ? 0 : i - 1).count()) + " s";
  }
  return RepeatedText(status) + "ages: " + text + ", the oldest " + AgeText(ages.oldest);
}

void AppendAges(const HandshakeAges& ages, AlertEvidence& evidence) {
  for (std::size_t i = 0; i < ages.counts.size(); ++i) {
    const std::string name =
        i == 0 ? "younger_than_" + std::to_string(HandshakeAges::kBounds[0].count())
               : "from_" + std::to_string(HandshakeAges::kBounds.at(i - 1).count());
    evidence.numbers.emplace_back("syn_queue_" + name + "s",
                                  static_cast<double>(ages.counts.at(i)));
  }
  evidence.numbers.emplace_back("syn_queue_oldest_age_seconds", InSeconds(ages.oldest));
}

AlertEvidence::Counts TopSources(const ListenerStatus& status) {
  AlertEvidence::Counts sources;
  for (const SourceCount& source : status.top_sources) {
    sources.emplace_back(FormatSourcePrefix(source.prefix), source.count);
  }
  return sources;
}

AlertEvidence OfListener(const FiringReading& fires) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const ListenerStatus& status = fires.reading.listener->status;
  const RateScope scope = ScopeOf(fires.reading);
  const HandshakeSigns& signs = status.signs;
  const SynQueue& queue = status.syn_queue;
  const bool is_of_drops = fires.signal == AlertSignal::kListenerDrops;
  const double drops = is_of_drops ? fires.value.value_or(0) : signs.drops_per_second;
  AlertEvidence evidence;
  if (is_of_drops) AddFact(evidence.text, Drops(drops, SpecOf(fires.signal).window));
  AddFact(evidence.text, CausesText(fires));
  if (queue.length > 0) AddFact(evidence.text, HalfOpen(status));
  evidence.numbers = {
      {"accept_queue_length", number(status.accept_queue.length)},
      {"accept_queue_peak", number(status.accept_queue.peak)},
      {"accept_queue_limit", number(status.accept_queue.limit)},
      {"sockets", number(status.accept_queue.sockets)},
      {"full_sockets", number(status.accept_queue.full_sockets)},
      {"drops_per_second", drops},
      {"syn_queue_length", number(queue.length)},
      {"syn_queue_peak", number(queue.peak)},
      {"syn_queue_retransmitting", number(queue.retransmitting)},
      {"syn_queue_retransmitting_share", Share(queue.retransmitting, queue.length)},
      {"syn_queue_settled", number(signs.settled)},
      {"syn_queue_growth_per_second", signs.syn_queue_growth_per_second},
      {"source_prefixes", number(signs.source_prefixes)},
      {"top_source_ratio", signs.top_source_ratio},
      {scope == RateScope::kHost ? "host_syn_cookies_per_second" : "netns_syn_cookies_per_second",
       signs.host.syn_cookies_per_second}};
  AppendAges(signs.ages, evidence);
  evidence.top_sources = TopSources(status);
  return evidence;
}

// An alert on a SYN queue shows how the queue changed before it fired.
void AppendRecent(const std::vector<Sample>& samples, AlertEvidence& evidence) {
  for (const Sample& sample : samples) {
    evidence.recent.emplace_back(InSeconds(samples.back().time - sample.time), sample.value);
  }
}

bool IsOfSynQueue(AlertSignal signal) {
  return signal == AlertSignal::kListenerSynQueue ||
         signal == AlertSignal::kListenerSynQueueUtilization;
}

// The kernel counts cookies for a whole network namespace, and the signal is about the host's own.
// So this names the listeners of that namespace that may have sent them.
AlertEvidence OfCookies(const Snapshot& snapshot) {
  AlertEvidence evidence;
  if (!snapshot.listeners) return evidence;
  std::size_t named = 0;
  for (const Listener& listener : snapshot.listeners->listeners) {
    if (!listener.status.diagnosis.Has(DiagnosisCause::kSynCookies)) continue;
    if (++named > kMaxListeners) break;
    AddFact(evidence.text,
            listener.Name() + ": " + Explanations(listener.status, RateScope::kHost));
    if (named == 1) evidence.top_sources = TopSources(listener.status);
  }
  return evidence;
}

AlertEvidence OfPolls(const Snapshot& snapshot) {
  AlertEvidence evidence;
  for (const PollHealth& health : snapshot.polls) {
    const auto& failure = health.current_failure();
    if (!failure) continue;
    AddFact(evidence.text, std::string(Name(health.tier())) + " polls: " + failure->text);
  }
  return evidence;
}

}  // namespace

std::optional<FoundCause> FindCause(const SignalReading& reading, MonotonicTime now) {
  if (reading.listener == nullptr) return std::nullopt;
  const ListenerStatus& status = reading.listener->status;
  const auto* found = std::ranges::find_if(kDiagnosisCauses, [&status](DiagnosisCause cause) {
    return IsTrouble(cause) && status.diagnosis.Has(cause);
  });
  if (found == kDiagnosisCauses.end()) return std::nullopt;
  return FoundCause{std::string(Name(*found)), Explanations(status, ScopeOf(reading)), now};
}

std::string OwnerOf(AlertSignal signal, const SignalReading& reading, const Snapshot& snapshot) {
  return reading.listener == nullptr ? UnitBehind(signal, reading.subject, snapshot)
                                     : reading.listener->unit;
}

AlertEvidence GatherEvidence(const FiringReading& fires, const Snapshot& snapshot) {
  const SignalReading& reading = fires.reading;
  if (reading.listener != nullptr) {
    AlertEvidence evidence = OfListener(fires);
    if (IsOfSynQueue(fires.signal)) {
      AppendRecent(reading.listener->status.recent_syn_queue, evidence);
    }
    return evidence;
  }
  if (IsOfConnects(fires.signal)) {
    return EvidenceOfConnects(fires.signal, reading.subject, snapshot);
  }
  if (fires.signal == AlertSignal::kSynCookiesSent) return OfCookies(snapshot);
  if (fires.signal == AlertSignal::kMonitorAgeSeconds) return OfPolls(snapshot);
  if (fires.signal == AlertSignal::kTotalsExact) {
    AlertEvidence evidence;
    evidence.text = Explain(snapshot.totals_gaps);
    return evidence;
  }
  return EvidenceOfCulprits(fires.signal, reading.subject, snapshot);
}

}  // namespace connwatch
