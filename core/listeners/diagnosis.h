// Why a listener has trouble with handshakes, and the thresholds by which that is judged. Values;
// the rules are in diagnose.h, their reasons and blind spots in docs/diagnosis.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

enum class DiagnosisCause : std::uint8_t {
  kAcceptQueueFull,
  kSynFlood,
  kReturnPathLoss,
  kSynCookies,
  kDeferredAccept,
};

inline constexpr std::array kDiagnosisCauses = {
    DiagnosisCause::kAcceptQueueFull, DiagnosisCause::kSynFlood,
    DiagnosisCause::kReturnPathLoss,  DiagnosisCause::kSynCookies,
    DiagnosisCause::kDeferredAccept,
};
inline constexpr std::size_t kDiagnosisCauseCount = kDiagnosisCauses.size();

constexpr std::size_t IndexOf(DiagnosisCause cause) { return static_cast<std::size_t>(cause); }

/// The value of the `cause` label: "accept_queue_full", "syn_flood", "return_path_loss",
/// "syn_cookies" or "deferred_accept".
std::string_view Name(DiagnosisCause cause);

/// The values at which trouble begins. A value exactly at a threshold reaches it.
struct DiagnosisThresholds {
  /// With fewer SYN-RECV sockets than this, syn_flood, return_path_loss and deferred_accept are not
  /// diagnosed: a few half-open handshakes are normal on any public address.
  std::uint64_t min_syn_queue = 16;
  /// Replaces min_syn_queue for syn_flood and return_path_loss if the SYN queue is at its limit and
  /// SYN cookies or drops show that more handshakes come. With a backlog of 5 the kernel never
  /// holds more than 6.
  std::uint64_t min_syn_queue_at_limit = 4;

  /// If at least this share of the SYN queue has a SYN-ACK retransmitted, most handshakes do not
  /// complete.
  double retransmitting_share = 0.5;
  /// If at least this share of the SYN queue is HandshakeSigns::settled, most handshakes have
  /// completed and wait for data.
  double settled_share = 0.5;

  /// From this number of prefixes on, there are many sources. Spoofed sources from a /16 have up to
  /// 256 prefixes.
  std::uint64_t flood_source_prefixes = 16;
  /// Up to this number of prefixes, there are few sources: a site, a NAT, a provider's edge.
  std::uint64_t few_source_prefixes = 8;
  /// If one prefix has this share of the SYN queue, there are few sources, whatever the rest is.
  double dominant_source_share = 0.5;

  /// A SYN queue that grows at least this fast points to a flood. If the return path is lost, the
  /// queue grows at the rate of genuine clients, which is usually less.
  double flood_growth_per_second = 50;
  /// If most handshakes are unanswered, a SYN queue of this length is a flood even without growth.
  /// A request socket lives 63 s with five retries, so 256 of them mean 4 unanswered SYNs a second.
  std::uint64_t flood_standing_queue = 256;
  /// If at least this share of a growing SYN queue has a SYN-ACK retransmitted, the growth is a
  /// flood. A steady flood reaches this share 0.1 s after the first retransmissions (1.1 s after
  /// its start).
  double fresh_retransmitting_share = 0.1;
  /// From this length of the SYN queue on, growth alone shows a flood, before any retransmission.
  /// By Little's law, 1,000 genuine handshakes at a round trip of 100 ms are 10,000 new connections
  /// a second.
  std::uint64_t fresh_flood_queue = 1'000;
  /// The rule for fresh_flood_queue also needs this growth per second, as a share of the queue. A
  /// queue that is always large on a busy host changes by less.
  double fresh_growth_share = 0.1;

  /// Below this rate of SYN cookies the host counts as sending none. The default is three in 30 s.
  double min_syn_cookies_per_minute = 6;

  bool operator==(const DiagnosisThresholds&) const = default;
};

struct Diagnosis {
  std::array<bool, kDiagnosisCauseCount> causes{};  // by IndexOf(DiagnosisCause)

  bool Has(DiagnosisCause cause) const { return causes[IndexOf(cause)]; }
  bool operator==(const Diagnosis&) const = default;
};

}  // namespace connwatch
