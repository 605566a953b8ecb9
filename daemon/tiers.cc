#include "daemon/tiers.h"

#include "daemon/config_use.h"

namespace connwatch {

Tiers::Tiers(const Config& config, const KernelLimits& limits, SocketSource& source)
    : board_(ListenerBoardOptionsFrom(config)),
      listener_poll_(board_),
      handshake_poll_(board_, HandshakeOptionsFrom(config, limits)),
      full_poll_(AggregationOptionsFrom(config)),
      listeners_(Tier::kListeners, source, listener_poll_, config.poll.listeners),
      handshakes_(Tier::kHandshakes, source, handshake_poll_, config.poll.handshakes),
      full_(Tier::kFull, source, full_poll_, config.poll.full) {}

void Tiers::Reconfigure(const Config& config) {
  full_poll_.Reconfigure(AggregationOptionsFrom(config));
  listeners_.set_interval(config.poll.listeners);
  handshakes_.set_interval(config.poll.handshakes);
  full_.set_interval(config.poll.full);
}

Snapshot Tiers::TakeSnapshot(MonotonicTime now) const {
  Snapshot snapshot{.sockets = full_poll_.table(),
                    .totals = full_poll_.totals(),
                    .listeners = std::nullopt,
                    .pending_connects = std::nullopt,
                    .polls = {listeners_.health(), handshakes_.health(), full_.health()},
                    .kernel = {},
                    .sockstat_discrepancy = std::nullopt,
                    .process = {},
                    .config = {}};
  if (listeners_.health().successes() > 0) snapshot.listeners = board_.Table(now);
  if (handshakes_.health().successes() > 0) snapshot.pending_connects = handshake_poll_.pending();
  return snapshot;
}

}  // namespace connwatch
