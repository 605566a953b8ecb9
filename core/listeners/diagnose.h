// The rules of the diagnosis. They tell from what was measured of a listener why its handshakes are
// in trouble. Pure. The rules, their reasons and their blind spots are in docs/diagnosis.md.
// Sources: kernel net/ipv4/inet_connection_sock.c (reqsk_timer_handler, syn_ack_recalc),
// net/ipv4/tcp_input.c (tcp_conn_request).
#pragma once

#include <cstdint>
#include <string>

#include "core/listeners/diagnosis.h"
#include "core/listeners/listener.h"

namespace connwatch {

/// Judges by the queues and the signs of `listener`; ignores its member `diagnosis`. Never fails.
/// If the queues and their peaks are 0, there is no cause. Several causes may hold at once, with
/// two exceptions: at most one of syn_flood, return_path_loss and deferred_accept holds, and
/// neither syn_flood nor return_path_loss holds together with accept_queue_full.
Diagnosis Diagnose(const ListenerStatus& listener, const DiagnosisThresholds& thresholds);

/// Whose rates HandshakeSigns::host are. Only the words of an explanation depend on it.
enum class RateScope : std::uint8_t {
  kHost,       // the listener is in the host's own network namespace
  kNamespace,  // it is in another one
};

/// Returns one line without a newline and without a remote address: the numbers that speak for or
/// against `cause`, whether or not it holds.
std::string Explain(DiagnosisCause cause, const ListenerStatus& listener,
                    RateScope scope = RateScope::kHost);

}  // namespace connwatch
