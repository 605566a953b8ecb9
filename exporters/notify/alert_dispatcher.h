// Brings alerts to all receivers, each by a DeliveryPlan of its own, so that one that is slow or
// away delays no other. What the sender's thread runs; time and transport are passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/alerts/alert_list.h"
#include "core/alerts/alert_receiver.h"
#include "core/alerts/notification_stats.h"
#include "exporters/notify/alert_transport.h"
#include "exporters/notify/delivery_plan.h"

namespace connwatch {

/// Whom to tell, and how often.
struct DispatchOptions {
  std::vector<AlertReceiver> receivers;
  std::chrono::milliseconds resend_interval{60'000};
};

/// For one thread.
class AlertDispatcher {
 public:
  /// A firing alert ends by itself after so many resend intervals, so that none outlives a daemon
  /// that has died, and all survive a few requests that fail.
  static constexpr int kValidResendIntervals = 4;

  /// `instance` names the host. `transport` must outlive this.
  AlertDispatcher(AlertTransport& transport, std::string instance)
      : transport_(transport), instance_(std::move(instance)) {}

  /// A receiver with the URL of one before goes on where that was. What the others were still to be
  /// told is forgotten; new ones are told what fires.
  void Configure(DispatchOptions options, Instant now);

  /// The alerts as they are now.
  void Update(const AlertList& table, Instant now);

  /// Begins every request that is due.
  void Send(Instant now);

  /// Takes note of requests that ended.
  void Conclude(const std::vector<PostResult>& results, Instant now);

  /// When to call Send next; absent: not before something else happens.
  std::optional<MonotonicTime> NextSend() const;

  bool IsPosting() const;

  /// One per name, in the order of the receivers.
  std::vector<NotificationStats> stats() const;

 private:
  struct Destination {
    std::uint64_t id = 0;
    AlertReceiver receiver;
    DeliveryPlan plan;
    bool is_posting = false;
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
    std::optional<Error> failure = std::nullopt;
  };

  AlertTransport& transport_;
  std::string instance_;
  std::chrono::milliseconds resend_interval_{0};
  std::vector<Destination> destinations_;
  std::uint64_t last_id_ = 0;
  FiringAlerts firing_;
};

}  // namespace connwatch
