// Sends alerts to all receivers. Each receiver has a DeliveryPlan of its own, so that a slow or
// unreachable one delays no other. The sender's thread runs this. Time and transport are passed in.
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
#include "exporters/notify/alert_labels.h"
#include "exporters/notify/alert_notice.h"
#include "exporters/notify/alert_transport.h"
#include "exporters/notify/delivery_plan.h"
#include "exporters/notify/receiver_clock.h"

namespace connwatch {

/// Who receives alerts, how often, and from whom.
struct DispatchOptions {
  std::vector<AlertReceiver> receivers;
  std::chrono::milliseconds resend_interval{60'000};
  AlertOrigin origin;
};

/// For one thread.
class AlertDispatcher {
 public:
  /// Receivers are told that a firing alert ends by itself after this many resend intervals. So it
  /// ends if the daemon has died, but it survives a few requests that fail.
  static constexpr int kValidResendIntervals = 4;
  /// Before a receiver has answered, its clock is not known, so it is not told when alerts end by
  /// themselves. An Alertmanager then ends them after its resolve_timeout, which is 5 min unless
  /// configured. So the first alerts are sent again after this at the latest.
  static constexpr std::chrono::minutes kMaxFirstInterval{1};
  /// If the receiver's clock proves to be further off than was known, everything is told again at
  /// once, but not more often than this.
  static constexpr std::chrono::seconds kMaxClockError{30};
  static constexpr std::chrono::minutes kMinTellAgainInterval{1};

  /// `transport` must outlive this.
  explicit AlertDispatcher(AlertTransport& transport) : transport_(transport) {}

  /// Changes the receivers. A receiver of the same kind and URL as one before continues in its
  /// place. A removed receiver gets no further request, not even for what is due. A new receiver
  /// gets the alerts that fire. If the labels of all alerts change, those that fire end with their
  /// labels of before, and begin with the new ones.
  void Configure(DispatchOptions options, Instant now);

  /// The alerts as they are now.
  void Update(const AlertList& list, Instant now);

  /// Begins every request that is due.
  void Send(Instant now);

  /// Must be called with the requests that ended.
  void Conclude(const std::vector<PostResult>& results, Instant now);

  /// Returns when to call Send next. nullopt if there is nothing to send until something else
  /// happens.
  std::optional<MonotonicTime> NextSend() const;

  bool IsPosting() const;

  /// Returns one entry for each name, in the order of the receivers.
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
    ReceiverClock clock = {};
    std::optional<std::chrono::nanoseconds> clock_ahead = std::nullopt;  // at the latest answer
    MonotonicTime posted_at = {};
    std::optional<MonotonicTime> told_again_at = std::nullopt;

    bool is_webhook() const { return receiver.kind == ReceiverKind::kWebhook; }
  };

  // Also gives the alerts that fire their labels anew.
  void SetOrigin(AlertOrigin origin);
  // Return the body of the next request; nullopt if nothing is due.
  std::optional<std::string> TakeMessage(Destination& destination, Instant now) const;
  std::optional<std::string> TakeWebhookBody(Destination& destination, Instant now) const;
  NoticeContext ContextFor(const Destination& destination, Instant now) const;
  void SetResendInterval(Destination& destination) const;
  void Observe(Destination& destination, const PostResult& result, Instant now) const;

  AlertTransport& transport_;
  std::chrono::milliseconds resend_interval_{0};
  AlertOrigin origin_;
  std::vector<Destination> destinations_;
  std::uint64_t last_id_ = 0;
  FiringAlerts firing_;
};

}  // namespace connwatch
