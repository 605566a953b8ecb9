// Why one listener has trouble with handshakes: ListenerEvidence -> Diagnosis, and the evidence as
// a line for people. A pure function of values that others measured (listener and handshake tiers,
// kernel counters); the alert engine and the exporters consume it. The rules, their reasons and
// their blind spots are in docs/diagnosis.md.
// Sources: kernel net/ipv4/inet_connection_sock.c (reqsk_timer_handler, syn_ack_recalc),
// net/ipv4/tcp_input.c (tcp_conn_request).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/listeners/handshake_ages.h"

namespace connwatch {

enum class DiagnosisCause : std::uint8_t {
  kAcceptQueueFull,
  kSynFlood,
  kReturnPathLoss,
  kSynCookies,
  kDeferredAccept,
};

inline constexpr std::size_t kDiagnosisCauseCount = 5;
inline constexpr std::array<DiagnosisCause, kDiagnosisCauseCount> kDiagnosisCauses = {
    DiagnosisCause::kAcceptQueueFull, DiagnosisCause::kSynFlood,
    DiagnosisCause::kReturnPathLoss,  DiagnosisCause::kSynCookies,
    DiagnosisCause::kDeferredAccept,
};

constexpr std::size_t IndexOf(DiagnosisCause cause) { return static_cast<std::size_t>(cause); }

/// The value of the `cause` label: "accept_queue_full", "syn_flood", "return_path_loss",
/// "syn_cookies" or "deferred_accept".
std::string_view Name(DiagnosisCause cause);

/// What was measured of one listener. With SO_REUSEPORT several sockets share the address: lengths,
/// limits and drops are then sums. A rate that is not finite counts as zero.
struct ListenerEvidence {
  std::uint64_t sockets = 1;

  std::uint64_t accept_queue_length = 0;  // connections
  std::uint64_t accept_queue_peak = 0;    // over `peak_window`
  /// Also the limit of the SYN queue. The kernel admits one more per socket, and 0 is legal.
  std::uint64_t accept_queue_limit = 0;
  double drops_per_second = 0;

  std::uint64_t syn_queue_length = 0;  // SYN-RECV sockets
  std::uint64_t syn_queue_peak = 0;    // over `peak_window`
  /// Of these, with at least one SYN-ACK retransmitted. The first is due after 1 s
  /// (kernel: TCP_TIMEOUT_INIT).
  std::uint64_t syn_queue_retransmitting = 0;
  /// Of these, older than 3 s and never retransmitted. Only a request whose ACK has arrived and
  /// which waits for data (TCP_DEFER_ACCEPT) gets that old so quietly.
  std::uint64_t syn_queue_settled = 0;
  double syn_queue_growth_per_second = 0;  // negative when it shrinks
  HandshakeAges syn_queue_ages;            // for people; no cause depends on them

  std::uint64_t source_prefixes = 0;  // distinct /24 (IPv4) and /48 (IPv6) in the SYN queue
  double top_source_share = 0;        // 0 to 1: part of the SYN queue in the busiest prefix

  // Of the whole host: the kernel has no such counters per listener.
  double syn_cookies_per_second = 0;         // SyncookiesSent
  double defer_accept_drops_per_second = 0;  // TCPDeferAcceptDrop
  /// PassiveOpens: handshakes completed. Absent if nobody measures it.
  std::optional<double> completed_per_second = std::nullopt;
};

/// Where "some" becomes "trouble". A value exactly at a threshold counts as reaching it.
struct DiagnosisThresholds {
  /// SYN-RECV sockets below which nothing is said about them: a few half-open handshakes are normal
  /// on any public address.
  std::uint64_t min_syn_queue = 16;
  /// The same for a SYN queue that stands at its limit while cookies or drops show that more come:
  /// with a backlog of 5 the kernel never holds more than 6.
  std::uint64_t min_syn_queue_at_limit = 4;

  /// The share of the SYN queue that makes "most handshakes do not complete".
  double retransmitting_share = 0.5;
  /// The share of the SYN queue that makes "most have completed and wait for data".
  double settled_share = 0.5;

  /// Prefixes from which on sources are many. Spoofed sources from a /16 are up to 256.
  std::uint64_t flood_source_prefixes = 16;
  /// Prefixes up to which sources are few: a site, a NAT, a provider's edge.
  std::uint64_t few_source_prefixes = 8;
  /// One prefix with this share of the SYN queue makes sources few whatever the rest is.
  double dominant_source_share = 0.5;

  /// Growth of a flood. A lost path grows by the rate of genuine clients, mostly less.
  double flood_growth_per_second = 50;
  /// Handshakes that make a flood without growth, if most are unanswered. A request lives 63 s with
  /// five retries: 256 are 4 unanswered SYNs a second.
  std::uint64_t flood_standing_queue = 256;
  /// The retransmitting share that confirms growth as a flood: a steady flood has it 0.1 s after
  /// the first retransmissions (1.1 s after its start).
  double fresh_retransmitting_share = 0.1;
  /// Handshakes that make a flood with growth alone, before any retransmission. By Little's law
  /// 1,000 genuine ones at a round trip of 100 ms are 10,000 new connections a second.
  std::uint64_t fresh_flood_queue = 1'000;
  /// For that rule, growth per second as a share of the queue: a queue that stands large on a busy
  /// host fluctuates by less.
  double fresh_growth_share = 0.1;

  /// Cookies below which none are said to be sent: three in 30 s.
  double min_syn_cookies_per_minute = 6;

  bool operator==(const DiagnosisThresholds&) const = default;
};

struct Diagnosis {
  std::array<bool, kDiagnosisCauseCount> causes{};  // by IndexOf(DiagnosisCause)

  bool Has(DiagnosisCause cause) const { return causes[IndexOf(cause)]; }
  bool operator==(const Diagnosis&) const = default;
};

/// Never fails; an empty listener has no cause. Several causes may hold at once, except that
/// syn_flood, return_path_loss and deferred_accept exclude each other and accept_queue_full
/// excludes the first two.
Diagnosis Diagnose(const ListenerEvidence& evidence, const DiagnosisThresholds& thresholds);

/// One line, without a newline or a remote address: the numbers that speak for or against `cause`,
/// whether or not it holds.
std::string Explain(DiagnosisCause cause, const ListenerEvidence& evidence);

}  // namespace connwatch
