// What one receiver is yet to be told, and when to try. Pure; time is passed in.
//
// A new alert and a resolved one are due at once, a firing one again every resend interval. While a
// receiver fails it is tried with growing pauses. Only the latest state of an alert is kept, so
// that nothing piles up however long the receiver is away.
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
  kRejected,  // it was heard, and the same again would not help: told again after the resend
              // interval
  kFailed,    // tried again soon
};

/// For one thread.
class DeliveryPlan {
 public:
  /// Alerts kept, firing and resolved together.
  static constexpr std::size_t kMaxAlerts = 5'000;
  /// Alerts in one batch.
  static constexpr std::size_t kMaxBatch = 64;
  /// A resolved alert that nobody took for so long is dropped.
  static constexpr std::chrono::minutes kMaxResolvedAge{15};
  /// The pause after the first failure, doubled by each further one up to the maximum.
  static constexpr std::chrono::seconds kMinPause{1};
  static constexpr std::chrono::seconds kMaxPause{60};

  explicit DeliveryPlan(std::chrono::milliseconds resend_interval)
      : resend_interval_(resend_interval) {}

  void SetResendInterval(std::chrono::milliseconds interval) { resend_interval_ = interval; }

  /// Those that fired before and are not among them have been resolved now.
  void Update(const FiringAlerts& firing, Instant now);

  /// The next batch, empty where nothing is due or the receiver is given a pause. After a batch
  /// comes End, before the next Take.
  std::vector<AlertReport> Take(MonotonicTime now);
  /// What became of the batch.
  void End(DeliveryOutcome outcome, MonotonicTime now);

  /// When to call Take next; absent while a batch is under way and where nothing is to be told.
  std::optional<MonotonicTime> NextTake() const;

  /// Alerts whose present state has not been taken yet, those under way included.
  std::size_t CountQueued() const;
  /// Since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Entry {
    std::shared_ptr<const Alert> alert;
    std::optional<Instant> resolved = std::nullopt;
    MonotonicTime due;          // of a firing alert that was told: when to tell it again
    bool is_told = false;       // the state that it is in now
    bool is_under_way = false;  // that state is part of the batch
  };

  void Admit(const FiringAlerts& firing, MonotonicTime now);
  void DropOld(MonotonicTime now);

  std::chrono::milliseconds resend_interval_;
  std::map<AlertIdentity, Entry> entries_;
  bool has_batch_ = false;
  std::chrono::seconds pause_{0};  // the latest; 0 after a success
  MonotonicTime not_before_;
  std::uint64_t dropped_ = 0;
  std::size_t left_out_ = 0;  // at the latest Update
};

}  // namespace connwatch
