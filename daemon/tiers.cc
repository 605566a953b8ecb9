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
      full_(Tier::kFull, source, full_poll_, config.poll.full),
      wanted_(config.poll),
      cpu_budget_(config.cpu_budget) {}

void Tiers::Reconfigure(const Config& config) {
  board_.UseThresholds(config.diagnosis);
  full_poll_.Reconfigure(AggregationOptionsFrom(config));
  listeners_.set_interval(config.poll.listeners);
  handshakes_.set_interval(config.poll.handshakes);
  full_.set_interval(config.poll.full);
  wanted_ = config.poll;
  cpu_budget_ = config.cpu_budget;
}

std::vector<TierPoller*> Tiers::FitToBudget() {
  const auto tiers = all();
  const std::array wanted = {wanted_.listeners, wanted_.handshakes, wanted_.full};
  std::array<TierDemand, 3> demands;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const PollHealth& health = tiers.at(i)->health();
    costs_.at(i).Observe(health.cpu(), health.successes() + health.failures());
    demands.at(i) = {wanted.at(i), costs_.at(i).per_poll()};
  }
  // Less than a fifth to and fro is not worth a change.
  constexpr int kTolerance = 5;
  const auto intervals = FitIntervals(demands, cpu_budget_);
  std::vector<TierPoller*> changed;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const auto in_force = tiers.at(i)->health().interval();
    const auto difference = std::chrono::abs(intervals[i] - in_force);
    const bool is_back = intervals[i] == wanted.at(i) && in_force != wanted.at(i);
    if (!is_back && difference * kTolerance <= in_force) continue;
    tiers.at(i)->set_interval(intervals[i]);
    changed.push_back(tiers.at(i));
  }
  return changed;
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
