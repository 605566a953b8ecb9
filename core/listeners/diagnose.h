// The rules of the diagnosis. They tell from what was measured of a listener why its handshakes are
// in trouble. Pure. The rules, their reasons and their blind spots are in docs/diagnosis.md.
// Sources: kernel net/ipv4/inet_connection_sock.c (reqsk_timer_handler, syn_ack_recalc),
// net/ipv4/tcp_input.c (tcp_conn_request).
#pragma once

#include <string>

#include "core/listeners/diagnosis.h"
#include "core/listeners/listener.h"

namespace connwatch {

/// Judges by the queues and the signs of `listener`; ignores its member `diagnosis`. Never fails.
/// If the queues and their peaks are 0, there is no cause. Several causes may hold at once, with
/// two exceptions: at most one of syn_flood, return_path_loss and deferred_accept holds, and
/// neither syn_flood nor return_path_loss holds together with accept_queue_full.
Diagnosis Diagnose(const ListenerStatus& listener, const DiagnosisThresholds& thresholds);

/// From this utilization of a queue on, a listener is in trouble. The default alerts on queues
/// begin at 80 % and end at 50 %.
inline constexpr double kTroubledUtilization = 0.5;

/// True iff there is something to see, by what Diagnose() found and beside it: a cause other than
/// deferred_accept, a queue at kTroubledUtilization, drops, or `min_syn_queue` handshakes that had
/// to repeat the SYN-ACK.
bool IsInTrouble(const ListenerStatus& listener, const DiagnosisThresholds& thresholds);

/// Returns one line without a newline and without a remote address: the numbers that speak for or
/// against `cause`, whether or not it holds.
std::string Explain(DiagnosisCause cause, const ListenerStatus& listener);

}  // namespace connwatch
