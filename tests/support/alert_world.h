// A host that only exists in virtual time, for tests of alert rules: change the snapshot, tick, see
// what the engine says.
#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/alerts/alert_engine.h"
#include "tests/support/queues.h"
#include "tests/support/records.h"
#include "tests/support/snapshots.h"

namespace connwatch {

class AlertWorld {
 public:
  explicit AlertWorld(std::vector<AlertRule> rules) : engine(std::move(rules)) {
    snapshot.polls = {PollHealth(Tier::kListeners, std::chrono::milliseconds(100)),
                      PollHealth(Tier::kHandshakes, std::chrono::seconds(1)),
                      PollHealth(Tier::kFull, std::chrono::seconds(10))};
    snapshot.sockets.emplace();
    snapshot.listeners.emplace();
    snapshot.pending_connects.emplace();
    snapshot.groups = {{kOtherGroup, "other", {true, true}}};
    snapshot.kernel = {
        .counters = KernelCounters{}, .sockets = SocketStats{}, .limits = KernelLimits{}};
    for (auto& counter : snapshot.kernel.counters->values) counter = 0;
  }

  /// Added at the first call.
  ListenerStatus& ListenerOn(std::uint16_t port) {
    for (Listener& listener : snapshot.listeners->listeners) {
      if (listener.key.endpoint.port == port) return listener.status;
    }
    Listener& added = snapshot.listeners->listeners.emplace_back();
    added.key = {{IpAddress(), port}};
    added.status.accept_queue = OneQueue(0, 128);
    return added.status;
  }

  /// The SYN queue of port 443, a level.
  std::uint64_t& SynQueue() { return ListenerOn(443).syn_queue.length; }

  void SetCause(std::uint16_t port, DiagnosisCause cause) {
    ListenerOn(port).diagnosis.causes.at(IndexOf(cause)) = true;
  }

  /// `after` later, every tier has a poll that succeeds (or fails), and the engine looks. What it
  /// says: "RuleName subject pending" for each transition.
  std::vector<std::string> Tick(std::chrono::milliseconds after = std::chrono::seconds(1)) {
    time += after;
    for (PollHealth& health : snapshot.polls) {
      if (is_failing) {
        health.RecordFailure(Now(), std::chrono::microseconds(1), Error{ENOBUFS, "lost"});
      } else {
        health.RecordSuccess(Now(), std::chrono::microseconds(1));
      }
    }
    return Look();
  }

  /// Without any poll since.
  std::vector<std::string> Look() {
    transitions = engine.Evaluate(snapshot, Now());
    return Lines(transitions);
  }

  /// That many ticks of a second; everything that was said.
  std::vector<std::string> Ticks(int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) {
      for (std::string& line : Tick()) all.push_back(std::move(line));
    }
    return all;
  }

  static std::vector<std::string> Lines(const std::vector<AlertTransition>& transitions) {
    std::vector<std::string> lines;
    lines.reserve(transitions.size());
    for (const AlertTransition& one : transitions) {
      lines.push_back(one.alert.rule->name + " " + one.alert.subject + " " +
                      std::string(Name(one.to)));
    }
    return lines;
  }

  Instant Now() const {
    return {MonotonicTime(std::chrono::hours(1) + time), WallTime(std::chrono::hours(1) + time)};
  }

  Snapshot snapshot;
  AlertEngine engine;
  std::chrono::milliseconds time{0};
  bool is_failing = false;
  std::vector<AlertTransition> transitions;  // of the latest look
};

}  // namespace connwatch
