// Names who is behind an alert: the destinations, the groups and the units that contribute most to
// its signal. Pure.
#pragma once

#include <string>

#include "core/alerts/alert.h"
#include "core/alerts/alert_signal.h"
#include "core/snapshot.h"

namespace connwatch {

/// Returns the evidence of an alert on ports, TIME-WAIT, CLOSE-WAIT or retransmissions, empty for
/// every other signal. `subject` is the group, or "host".
AlertEvidence EvidenceOfCulprits(AlertSignal signal, const std::string& subject,
                                 const Snapshot& snapshot);

/// Returns the systemd unit or container that contributes more than half to the signal of a group
/// or of the host. Of ports: more than half of the sockets whose owner is known, which TIME-WAIT
/// sockets' owners never are. Empty if there is none, or if the signal does not tell.
std::string UnitBehind(AlertSignal signal, const std::string& subject, const Snapshot& snapshot);

}  // namespace connwatch
