// Whether somebody should see a listener, by its diagnosis and beside it. Pure. If not all
// listeners can be shown, those in trouble are (places.h).
#pragma once

#include "core/listeners/diagnosis.h"
#include "core/listeners/listener.h"

namespace connwatch {

/// From this utilization of a queue on, a listener is in trouble. The default alerts on queues
/// begin at 80 % and end at 50 %.
inline constexpr double kTroubledUtilization = 0.5;

/// True iff `listener` has a cause other than deferred_accept in its diagnosis, a queue at
/// kTroubledUtilization, drops, or `min_syn_queue` handshakes that had to repeat the SYN-ACK.
bool IsInTrouble(const ListenerStatus& listener, const DiagnosisThresholds& thresholds);

}  // namespace connwatch
