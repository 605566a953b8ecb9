#include "monitor/tiers.h"

#include <algorithm>
#include <utility>

#include "daemon/config_use.h"

namespace connwatch {

Tiers::Tiers(const Config& config, const KernelLimits& limits, SocketSource& source,
             ConnectionClassifier::UnitNames unit_names)
    : classifier_(ClassifierOptionsFrom(config), std::move(unit_names)),
      ledger_(GroupTraffic(config.histograms.rtt)),
      tracker_(config.max_tracked_connections, classifier_, ledger_),
      listener_tracker_(ListenerTrackerOptionsFrom(config)),
      listener_poll_(listener_tracker_, classifier_),
      // Kernels without the setting double the time-out from the first retransmission on.
      handshake_poll_(static_cast<unsigned>(limits.syn_linear_timeouts.value_or(0)), listener_tracker_,
                      classifier_),
      full_poll_(AggregationOptionsFrom(config), classifier_, tracker_),
      listeners_(Tier::kListeners, source, listener_poll_, config.poll.listeners),
      handshakes_(Tier::kHandshakes, source, handshake_poll_, config.poll.handshakes),
      full_(Tier::kFull, source, full_poll_, config.poll.full),
      wanted_(config.poll),
      cpu_budget_(config.cpu_budget) {}

Result<void> Tiers::Reconfigure(const Config& config) {
  listener_tracker_.UseThresholds(config.diagnosis);
  full_poll_.Reconfigure(AggregationOptionsFrom(config));
  ledger_.ChangeAll([&](GroupTraffic& traffic) { traffic.UseRttBounds(config.histograms.rtt); });
  listeners_.set_interval(config.poll.listeners);
  handshakes_.set_interval(config.poll.handshakes);
  full_.set_interval(config.poll.full);
  wanted_ = config.poll;
  cpu_budget_ = config.cpu_budget;
  tracker_.Regroup();
  return classifier_.Reconfigure(ClassifierOptionsFrom(config).groups);
}

std::vector<TierPoller*> Tiers::FitToBudget(double others) {
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
  const auto intervals = FitIntervals(demands, std::max(cpu_budget_ - others, cpu_budget_ / 2));
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
  Snapshot snapshot;
  snapshot.sockets = full_poll_.table();
  snapshot.totals = full_poll_.totals();
  snapshot.groups = classifier_.ShownGroups();
  snapshot.folded_groups = classifier_.folded_groups();
  snapshot.traffic = ledger_;
  snapshot.tracker = tracker_.stats();
  snapshot.polls = {listeners_.health(), handshakes_.health(), full_.health()};
  if (listeners_.health().successes() > 0) snapshot.listeners = listener_tracker_.Table(now);
  if (handshakes_.health().successes() > 0) snapshot.pending_connects = handshake_poll_.pending();
  return snapshot;
}

}  // namespace connwatch
