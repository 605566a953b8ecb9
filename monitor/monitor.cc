#include "monitor/monitor.h"

#include <utility>

#include "monitor/clock.h"
#include "monitor/interface_names.h"
#include "monitor/owners.h"

namespace connwatch {

namespace {

std::optional<PortSet> EphemeralPortsOf(const KernelStats& kernel) {
  if (!kernel.limits || !kernel.limits->ephemeral_ports) return std::nullopt;
  return PortsOf(*kernel.limits->ephemeral_ports, kernel.limits->reserved_ports);
}

AggregationOptions AggregationOptionsFrom(const Config& config, const KernelStats& kernel) {
  return {.rtt_bounds = config.histograms.rtt, .ephemeral_ports = EphemeralPortsOf(kernel)};
}

ListenerTrackerOptions ListenerTrackerOptionsFrom(const Config& config) {
  return {.max_listeners = config.max_listeners,
          .peak_window = config.peak_window,
          .thresholds = config.diagnosis};
}

// 0 for kernels without the setting, which double the time-out from the first retransmission on.
unsigned LinearTimeouts(const KernelStats& kernel) {
  const auto limits = kernel.limits.value_or(KernelLimits{});
  return static_cast<unsigned>(limits.syn_linear_timeouts.value_or(0));
}

}  // namespace

ClassifierOptions ClassifierOptionsFrom(const Config& config) {
  return {.groups = {.rules = config.groups,
                     .group_by = config.group_by,
                     .max_groups = config.max_groups},
          .exclude_loopback = config.exclude_loopback};
}

Monitor::Monitor(const Config& config, SocketSource& source, KernelReader::Log log,
                 NamespaceSource* namespaces, HandshakeSource* handshakes)
    : kernel_reader_(log),
      kernel_(kernel_reader_.Read()),
      rates_from_(kernel_),
      rates_since_(Now().monotonic),
      kernel_read_(rates_since_),
      kernel_rates_(rate_meter_.Observe(kernel_.counters, kernel_read_)),
      owner_names_(config.host_root),
      groups_(ClassifierOptionsFrom(config).groups),
      classifier_(ClassifierOptionsFrom(config),
                  [this](std::uint64_t cgroup_id) {
                    return owner_names_.UnitOf(cgroup_id, Now().monotonic);
                  }),
      ledger_(GroupTraffic(config.histograms.rtt)),
      connections_(config.max_tracked_connections),
      connections_elsewhere_(config.max_tracked_connections / 2, connections_),
      tracker_(connections_, classifier_, ledger_),
      listener_tracker_(ListenerTrackerOptionsFrom(config)),
      listener_poll_(listener_tracker_, classifier_,
                     [this] { return kernel_reader_.ReadListenDrops(); }),
      handshake_poll_(LinearTimeouts(kernel_), listener_tracker_, classifier_),
      full_poll_(AggregationOptionsFrom(config, kernel_), classifier_, tracker_),
      others_(namespaces == nullptr
                  ? nullptr
                  : std::make_unique<OtherNamespaces>(config, *namespaces, connections_elsewhere_,
                                                      owner_names_, log)),
      handshakes_(handshakes == nullptr
                      ? nullptr
                      : std::make_unique<HandshakeWatch>(
                            *handshakes, classifier_,
                            [this](std::uint64_t cgroup_id) {
                              return owner_names_.UnitOf(cgroup_id, Now().monotonic);
                            },
                            others_.get(), std::move(log))),
      cpu_budget_(config.poll.intervals, config.cpu_budget) {
  if (handshakes_) handshakes_->UseRules(config.groups);
  UseEphemeralRange();
  tiers_.reserve(kTierCount);
  for (const TierSpec& tier : kTiers) {
    tiers_.emplace_back(tier.id, source, WorkOf(tier.id),
                        config.poll.intervals.at(IndexOf(tier.id)));
  }
}

PollWork& Monitor::WorkOf(Tier tier) {
  return others_ ? others_->Split(tier, HostWorkOf(tier)) : HostWorkOf(tier);
}

PollWork& Monitor::HostWorkOf(Tier tier) {
  switch (tier) {
    case Tier::kListeners:
      return listener_poll_;
    case Tier::kHandshakes:
      return handshake_poll_;
    case Tier::kFull:
      break;
  }
  return full_poll_;
}

Result<void> Monitor::Reconfigure(const Config& config) {
  listener_tracker_.UseThresholds(config.diagnosis);
  if (others_) others_->UseThresholds(config.diagnosis);
  full_poll_.Reconfigure(AggregationOptionsFrom(config, kernel_));
  ledger_.ChangeAll([&](GroupTraffic& traffic) { traffic.UseRttBounds(config.histograms.rtt); });
  if (cpu_budget_.Reconfigure(config.poll.intervals, config.cpu_budget)) {
    for (std::size_t i = 0; i < kTierCount; ++i) {
      tiers_.at(i).set_interval(config.poll.intervals.at(i));
    }
  }
  return Regroup(ClassifierOptionsFrom(config).groups);
}

Result<void> Monitor::Regroup(const GroupBookOptions& groups) {
  if (groups == groups_) return {};
  groups_.reset();
  if (auto grouped = classifier_.Reconfigure(groups); !grouped) return grouped;
  tracker_.Regroup();
  if (handshakes_) handshakes_->UseRules(groups.rules);
  groups_ = groups;
  return {};
}

void Monitor::OnDestroyed(const SocketRecord& record, MonotonicTime now) {
  if (record.net_cookie == 0) {
    tracker_.OnDestroyed(record, now);
  } else if (others_) {
    others_->OnDestroyed(record, now);
  }
}

void Monitor::ReadHandshakes(MonotonicTime now) {
  if (handshakes_) handshakes_->Read(now);
}

void Monitor::AfterPoll(const TierPoller& tier, MonotonicTime now) {
  const PollHealth& health = tier.health();
  if (health.tier() == Tier::kListeners) {
    tracker_.BookUndecided();
    return;
  }
  ReadKernel(now);
  if (health.tier() == Tier::kFull) full_poll_.UseEphemeralPorts(EphemeralPortsOf(kernel_));
  const bool is_good_full_poll = health.tier() == Tier::kFull && !health.current_failure();
  if (is_good_full_poll) traffic_rates_.Observe(ledger_, now);
  if (is_good_full_poll && kernel_.sockets) {
    sockstat_discrepancy_ = SockstatDiscrepancy(*full_poll_.levels(), *kernel_.sockets);
  }
}

void Monitor::ReadKernel(MonotonicTime now) {
  kernel_ = kernel_reader_.Read();
  kernel_read_ = now;
  kernel_rates_ = rate_meter_.Observe(kernel_.counters, now);
  UseEphemeralRange();
  if (now - rates_since_ >= kMinRateSpan) {
    rates_ = {};
    if (rates_from_.counters && kernel_.counters) {
      rates_ = RatesBetween(*rates_from_.counters, *kernel_.counters, now - rates_since_);
    }
    rates_from_ = kernel_;
    rates_since_ = now;
  }
  listener_tracker_.Diagnose(rates_, now);
  if (others_) others_->Judge(now);
}

void Monitor::UseEphemeralRange() {
  if (!kernel_.limits || !kernel_.limits->ephemeral_ports) return;
  classifier_.UseEphemeralRange(*kernel_.limits->ephemeral_ports);
}

std::vector<const TierPoller*> Monitor::FitToBudget() {
  PerTier<TierLoad> loads;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    const PollHealth& health = tiers_.at(i).health();
    const std::uint64_t polls = health.successes() + health.failures() - health.carried();
    loads.at(i) = {health.cpu(), polls, health.interval()};
  }
  const auto intervals = cpu_budget_.Fit(loads);
  std::vector<const TierPoller*> changed;
  for (std::size_t i = 0; i < kTierCount; ++i) {
    if (intervals.at(i) == loads.at(i).interval) continue;
    tiers_.at(i).set_interval(intervals.at(i));
    changed.push_back(&tiers_.at(i));
  }
  return changed;
}

std::shared_ptr<const Snapshot> Monitor::TakeSnapshot(SnapshotParts parts, Instant now) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = now;
  snapshot->paused = parts.paused;
  snapshot->walk = std::move(parts.walk);
  snapshot->tracing = std::move(parts.tracing);
  if (handshakes_) snapshot->handshakes = handshakes_->Take(now.monotonic);
  snapshot->sockets = full_poll_.levels();
  snapshot->totals = full_poll_.totals();
  snapshot->culprits = full_poll_.culprits();
  NameOwners(snapshot->culprits, owner_names_, now.monotonic);
  snapshot->totals.dump_duplicates = tiers_.at(IndexOf(Tier::kFull)).health().duplicates();
  snapshot->groups = classifier_.ShownGroups();
  snapshot->folded_groups = classifier_.folded_groups();
  snapshot->traffic = ledger_;
  snapshot->group_rates = traffic_rates_.rates();
  snapshot->tracker = tracker_.stats();
  snapshot->destroy_events = parts.events;
  snapshot->totals_gaps = totals_audit_.Observe(parts.events, snapshot->tracker, now.monotonic);
  for (const TierPoller& tier : tiers_) snapshot->polls.push_back(tier.health());
  const auto has_polled = [&](Tier tier) {
    return tiers_.at(IndexOf(tier)).health().successes() > 0;
  };
  if (has_polled(Tier::kListeners)) {
    snapshot->listeners = listener_tracker_.List(now.monotonic);
    NameOwners(*snapshot->listeners, owner_names_, now.monotonic);
    NameInterfaces(*snapshot->listeners);
  }
  if (has_polled(Tier::kHandshakes)) {
    snapshot->pending_connects = handshake_poll_.pending();
    NameOwners(*snapshot->pending_connects, owner_names_, now.monotonic);
  }
  snapshot->kernel = kernel_;
  snapshot->kernel_read = kernel_read_;
  snapshot->kernel_rates = kernel_rates_;
  snapshot->sockstat_discrepancy = sockstat_discrepancy_;
  if (others_) snapshot->namespaces = others_->List(now.monotonic);
  return snapshot;
}

}  // namespace connwatch
