#include "core/listeners/diagnose.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace connwatch {

namespace {

constexpr double kSecondsPerMinute = 60;
constexpr double kFull = 1;  // as SocketQueue::Utilization() says it

double Finite(double rate) { return std::isfinite(rate) ? rate : 0.0; }

// Without a division, so that an empty queue needs no special case.
bool IsShare(std::uint64_t part, std::uint64_t whole, double share) {
  return whole > 0 && static_cast<double>(part) >= share * static_cast<double>(whole);
}

/// The questions that the rules are made of, each asked about one listener.
class Judge {
 public:
  Judge(const ListenerStatus& listener, const DiagnosisThresholds& thresholds)
      : seen_(listener), limits_(thresholds) {}

  bool AcceptQueueFull() const {
    const AcceptQueue& queue = seen_.accept_queue;
    return queue.full_sockets > 0 || (queue.peak_utilization >= kFull && Dropping());
  }

  bool SynCookies() const { return AtLimit() && CookiesSent(); }

  bool DeferredAccept() const {
    return seen_.syn_queue.length >= limits_.min_syn_queue &&
           IsShare(seen_.signs.settled, seen_.syn_queue.length, limits_.settled_share);
  }

  bool SynFlood() const {
    return Unexplained() && ManySources() && (StandingFlood() || FreshFlood());
  }

  bool ReturnPathLoss() const { return Unexplained() && FewSources() && Unanswered(); }

 private:
  bool Dropping() const { return Finite(seen_.signs.drops_per_second) > 0; }

  bool CookiesSent() const {
    const double rate = Finite(seen_.signs.host.syn_cookies_per_second);
    return rate > 0 && rate * kSecondsPerMinute >= limits_.min_syn_cookies_per_minute;
  }

  bool AtLimit() const { return seen_.IsSynQueueAtLimit(); }

  // True iff there are more handshakes than fit. Then the queue holds only some of them, cut off at
  // the limit.
  bool Truncated() const { return AtLimit() && (CookiesSent() || Dropping()); }

  bool Enough() const {
    return seen_.syn_queue.length >= limits_.min_syn_queue ||
           (Truncated() && seen_.syn_queue.length >= limits_.min_syn_queue_at_limit);
  }

  // A full accept queue ignores final ACKs, and a deferring listener sets them aside: both keep
  // answered handshakes in SYN-RECV.
  bool Unexplained() const { return Enough() && !DeferredAccept() && !AcceptQueueFull(); }

  bool OneDominates() const {
    return Finite(seen_.signs.top_source_ratio) >= limits_.dominant_source_share;
  }

  bool ManySources() const {
    // 17 sockets cannot have 256 prefixes. If the queue is cut off at the limit, it is enough that
    // it has half as many prefixes as sockets.
    const std::uint64_t half = seen_.syn_queue.length / 2 + seen_.syn_queue.length % 2;
    const std::uint64_t needed =
        Truncated() ? std::min(limits_.flood_source_prefixes, half) : limits_.flood_source_prefixes;
    return !OneDominates() && seen_.signs.source_prefixes >= needed;
  }

  bool FewSources() const {
    return !ManySources() &&
           (OneDominates() || seen_.signs.source_prefixes <= limits_.few_source_prefixes);
  }

  bool Unanswered() const {
    return IsShare(seen_.syn_queue.retransmitting, seen_.syn_queue.length,
                   limits_.retransmitting_share);
  }

  bool Growing() const {
    return Finite(seen_.signs.syn_queue_growth_per_second) >= limits_.flood_growth_per_second;
  }

  bool StandingFlood() const {
    return Unanswered() &&
           (Growing() || AtLimit() || seen_.syn_queue.length >= limits_.flood_standing_queue);
  }

  // True iff a flood began less than about two seconds ago. Few or no SYN-ACKs are due for
  // retransmission yet. Until they are, a host that completes (or defers) at least as many
  // handshakes as the queue grows by does not count as flooded.
  bool FreshFlood() const {
    const double growth = Finite(seen_.signs.syn_queue_growth_per_second);
    const double answered = Finite(seen_.signs.host.completed_per_second.value_or(0)) +
                            Finite(seen_.signs.host.defer_accept_drops_per_second);
    if (!Growing() || answered >= growth) return false;
    if (IsShare(seen_.syn_queue.retransmitting, seen_.syn_queue.length,
                limits_.fresh_retransmitting_share)) {
      return true;
    }
    return seen_.syn_queue.length >= limits_.fresh_flood_queue &&
           growth >= limits_.fresh_growth_share * static_cast<double>(seen_.syn_queue.length);
  }

  const ListenerStatus& seen_;
  const DiagnosisThresholds& limits_;
};

// Keeps printed numbers short, whatever was measured.
constexpr double kLargestPrinted = 1e12;

std::string Decimal(double number) {
  std::array<char, 32> text{};
  const double printed = std::clamp(Finite(number), -kLargestPrinted, kLargestPrinted);
  const auto end = std::to_chars(text.data(), text.data() + text.size(), printed,
                                 std::chars_format::fixed, /*precision=*/1);
  return {text.data(), end.ptr};
}

std::string Percent(double share) {
  const long percent = std::lround(std::clamp(Finite(share), 0.0, 1.0) * 100);
  return percent == 0 && share > 0 ? "below 1 %" : std::to_string(percent) + " %";
}

std::string Count(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + ' ' + std::string(number == 1 ? one : many);
}

std::string SharedBy(const ListenerStatus& seen) {
  return seen.accept_queue.sockets > 1
             ? " over " + std::to_string(seen.accept_queue.sockets) + " sockets"
             : "";
}

std::string Spread(const ListenerStatus& seen) {
  const std::string imbalance = seen.accept_queue.Imbalance();
  return imbalance.empty() ? "" : imbalance + "; ";
}

std::string Sources(const ListenerStatus& seen) {
  return Count(seen.signs.source_prefixes, "source network", "source networks") + " (busiest " +
         Percent(seen.signs.top_source_ratio) + ")";
}

std::string SynQueueText(const ListenerStatus& seen) {
  return "SYN queue " + std::to_string(seen.syn_queue.length) + " (peak " +
         std::to_string(seen.syn_queue.peak) + ", limit " +
         std::to_string(seen.accept_queue.limit) + SharedBy(seen) + ")";
}

// A rate that is printed as 0.0 says nothing, so it is left out.
bool IsPrinted(double rate) { return std::abs(Finite(rate)) >= 0.05; }

std::string Growth(const ListenerStatus& seen) {
  const double rate = seen.signs.syn_queue_growth_per_second;
  if (!IsPrinted(rate)) return "";
  return (rate < 0 ? " shrinking by " : " growing by ") + Decimal(std::abs(rate)) + "/s";
}

std::string Drops(const ListenerStatus& seen) {
  const double rate = seen.signs.drops_per_second;
  return IsPrinted(rate) ? ", " + Decimal(rate) + " drops/s" : "";
}

std::string Cookies(const ListenerStatus& seen) {
  const double rate = seen.signs.host.syn_cookies_per_second;
  return IsPrinted(rate) ? Decimal(rate) + " SYN cookies/s" : "SYN cookies";
}

std::string Place(RateScope scope) {
  switch (scope) {
    case RateScope::kHost:
      return "host";
    case RateScope::kNamespace:
      return "network namespace";
  }
  return {};
}

std::string Retransmitting(const ListenerStatus& seen) {
  return std::to_string(seen.syn_queue.retransmitting) + " of " +
         Count(seen.syn_queue.length, "handshake", "handshakes") + " had to repeat the SYN-ACK";
}

}  // namespace

Diagnosis Diagnose(const ListenerStatus& listener, const DiagnosisThresholds& thresholds) {
  const Judge judge(listener, thresholds);
  Diagnosis diagnosis;
  diagnosis.causes[IndexOf(DiagnosisCause::kAcceptQueueFull)] = judge.AcceptQueueFull();
  diagnosis.causes[IndexOf(DiagnosisCause::kSynFlood)] = judge.SynFlood();
  diagnosis.causes[IndexOf(DiagnosisCause::kReturnPathLoss)] = judge.ReturnPathLoss();
  diagnosis.causes[IndexOf(DiagnosisCause::kSynCookies)] = judge.SynCookies();
  diagnosis.causes[IndexOf(DiagnosisCause::kDeferredAccept)] = judge.DeferredAccept();
  return diagnosis;
}

std::string Explain(DiagnosisCause cause, const ListenerStatus& listener, RateScope scope) {
  switch (cause) {
    case DiagnosisCause::kAcceptQueueFull:
      return Spread(listener) + "accept queue " + std::to_string(listener.accept_queue.length) +
             " (peak " + std::to_string(listener.accept_queue.peak) + ", limit " +
             std::to_string(listener.accept_queue.limit) + SharedBy(listener) + ")" +
             Drops(listener) + ": the application accepts too slowly";
    case DiagnosisCause::kSynFlood:
      return SynQueueText(listener) + Growth(listener) + " from " + Sources(listener) + ", " +
             Retransmitting(listener) + ": SYNs from many sources that never complete";
    case DiagnosisCause::kReturnPathLoss:
      return Retransmitting(listener) + ", from " + Sources(listener) +
             ": SYN-ACKs or final ACKs are lost on the way";
    case DiagnosisCause::kSynCookies:
      return "the " + Place(scope) + " sends " + Cookies(listener) +
             ": the SYN queue is at its limit (" + std::to_string(listener.syn_queue.length) +
             " of " + std::to_string(listener.accept_queue.limit) + SharedBy(listener) +
             ") and no longer shows how many handshakes are pending";
    case DiagnosisCause::kDeferredAccept:
      return std::to_string(listener.signs.settled) + " of " +
             Count(listener.syn_queue.length, "handshake", "handshakes") +
             " completed and waiting for data (" + Place(scope) + ": " +
             Decimal(listener.signs.host.defer_accept_drops_per_second) +
             " ACKs/s deferred): TCP_DEFER_ACCEPT, not an alarm";
  }
  return {};
}

}  // namespace connwatch
