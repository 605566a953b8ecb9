// Plans which alerts to send to one receiver, and when. Pure; time is passed in.
//
// A new alert and a resolved alert are due at once. A firing alert is due again after every resend
// interval. While a receiver fails, it is tried with growing pauses. Only the latest state of an
// alert is kept, so memory stays bounded however long the receiver is away.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/instant.h"
#include "exporters/notify/alert_message.h"

namespace connwatch {

/// The alerts that fire, by identity.
using FiringAlerts = std::map<AlertIdentity, std::shared_ptr<const Alert>>;

enum class DeliveryOutcome : std::uint8_t {
  kDelivered,
  kRejected,  // the receiver refused it; it is sent again after the resend interval, because
              // sending the same again at once would not help
  kFailed,    // it is sent again soon
};

/// For one thread.
class DeliveryPlan {
 public:
  /// The most alerts that are kept, firing and resolved together.
  static constexpr std::size_t kMaxAlerts = 5'000;
  /// The most alerts in one batch.
  static constexpr std::size_t kMaxBatch = 64;
  /// A resolved alert is dropped if the receiver has not taken it for this long.
  static constexpr std::chrono::minutes kMaxResolvedAge{15};
  /// The pause after the first failure. Each further failure doubles it, up to the maximum.
  static constexpr std::chrono::seconds kMinPause{1};
  static constexpr std::chrono::seconds kMaxPause{60};

  explicit DeliveryPlan(std::chrono::milliseconds resend_interval)
      : resend_interval_(resend_interval) {}

  void SetResendInterval(std::chrono::milliseconds interval) { resend_interval_ = interval; }

  /// Takes the alerts that fire now. Alerts that fired before and are not in `firing` are resolved
  /// now.
  void Update(const FiringAlerts& firing, Instant now);

  /// Returns the next batch. It is empty if nothing is due or the receiver gets a pause. After a
  /// batch that is not empty, End must be called before the next Take.
  std::vector<AlertReport> Take(MonotonicTime now);
  /// Says how the batch was delivered.
  void End(DeliveryOutcome outcome, MonotonicTime now);

  /// Returns when to call Take next. nullopt while a batch is under way, and if there are no
  /// alerts.
  std::optional<MonotonicTime> NextTake() const;

  /// How many alerts have a present state that was not delivered yet, including those under way.
  std::size_t CountQueued() const;
  /// Since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Entry {
    std::shared_ptr<const Alert> alert;
    std::optional<Instant> resolved = std::nullopt;
    MonotonicTime due;          // for a firing alert that was sent: when to send it again
    bool is_told = false;       // its present state was delivered
    bool is_under_way = false;  // its present state is part of the batch
  };

  void Admit(const FiringAlerts& firing, MonotonicTime now);
  void DropOld(MonotonicTime now);

  std::chrono::milliseconds resend_interval_;
  std::map<AlertIdentity, Entry> entries_;
  bool has_batch_ = false;
  std::chrono::seconds pause_{0};  // the latest pause; 0 after a success
  MonotonicTime not_before_;
  std::uint64_t dropped_ = 0;
  std::size_t left_out_ = 0;  // at the latest Update
};

}  // namespace connwatch
