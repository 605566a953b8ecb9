// Plans which alerts to send to one receiver, and when. Pure; time is passed in.
//
// A new alert and a resolved alert are due at once. A firing alert is due again after every resend
// interval, unless the receiver is told once of each change. While a receiver fails, it is tried
// with growing pauses. Only the latest state of an alert is kept, so memory stays bounded however
// long the receiver is away. If there are more alerts than there is room for, severity decides,
// then age.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/instant.h"
#include "exporters/notify/alert_notice.h"

namespace connwatch {

/// The alerts that fire.
using FiringAlerts = std::map<AlertLabels, std::shared_ptr<const Alert>>;

/// How often a receiver is told that an alert fires.
enum class Telling : std::uint8_t {
  kAgain,  // after every resend interval
  kOnce,   // until the receiver has accepted it
};

enum class DeliveryOutcome : std::uint8_t {
  kDelivered,
  kRejected,  // the receiver refused it; it is sent again after the resend interval, because
              // sending the same again at once would not help
  kFailed,    // it is sent again soon
};

/// For one thread.
class DeliveryPlan {
 public:
  /// The most alerts that are kept, firing and resolved together. If there are more, the more
  /// severe stay; of one severity those stay that the receiver may know of already, then the older.
  static constexpr std::size_t kMaxAlerts = 5'000;
  /// The most alerts in one batch.
  static constexpr std::size_t kMaxBatch = 64;
  /// A resolved alert is dropped if the receiver has not taken it for this long. By then it has
  /// ended there by itself, unless the receiver is told once: then it is kept, but dropped if the
  /// receiver has refused it.
  static constexpr std::chrono::minutes kMaxResolvedAge{15};
  /// The pause after the first failure. Each further failure doubles it, up to the maximum.
  static constexpr std::chrono::seconds kMinPause{1};
  static constexpr std::chrono::seconds kMaxPause{60};

  /// Alerts that fire and that there is no room for.
  struct LeftOut {
    std::size_t alerts = 0;
    std::map<std::string, std::size_t> by_rule = {};
  };

  explicit DeliveryPlan(std::chrono::milliseconds resend_interval,
                        Telling telling = Telling::kAgain)
      : resend_interval_(resend_interval), telling_(telling) {}

  void SetResendInterval(std::chrono::milliseconds interval) { resend_interval_ = interval; }

  /// Takes the alerts that fire now. Alerts that fired before and are not in `firing` are resolved
  /// now.
  void Update(const FiringAlerts& firing, Instant now);

  /// Makes the next batch: calls `add` with each alert that is due, the most severe first, until it
  /// returns false. Does not call it if nothing is due or if the receiver gets a pause. If `add`
  /// has returned true, End must be called before the next Take.
  void Take(MonotonicTime now, const std::function<bool(const AlertReport&)>& add);
  /// Says how the batch was delivered.
  void End(DeliveryOutcome outcome, MonotonicTime now);

  /// Makes every alert due now, because what the receiver was told of them is not right any more.
  /// Only for receivers that are told again.
  void TellAgain(MonotonicTime now);

  /// Returns when to call Take next. nullopt while a batch is under way, and if there is nothing to
  /// tell.
  std::optional<MonotonicTime> NextTake() const;

  /// How many alerts have a present state that was not delivered yet, including those under way.
  std::size_t CountQueued() const;
  /// Since the start.
  std::uint64_t dropped() const { return dropped_; }
  /// As of the latest Update.
  const LeftOut& left_out() const { return left_out_; }

 private:
  struct Entry {
    std::shared_ptr<const Alert> alert;
    std::optional<Instant> resolved = std::nullopt;
    MonotonicTime due;          // for a firing alert that was sent: when to send it again
    bool is_told = false;       // its present state was delivered
    bool was_sent = false;      // the receiver may know that it fires
    bool is_refused = false;    // at the latest try
    bool is_under_way = false;  // its present state is part of the batch
  };

  using Entries = std::map<AlertLabels, Entry>;

  // Gives each alert that is kept its latest state. Returns the others.
  std::vector<FiringAlerts::const_iterator> Refresh(const FiringAlerts& firing, MonotonicTime now);
  void Admit(const FiringAlerts::value_type& firing, MonotonicTime now);
  // Keeps the kMaxAlerts that have the best claims, of those that have a place and the candidates.
  void AdmitSome(const std::vector<FiringAlerts::const_iterator>& candidates, MonotonicTime now);
  void DropOld(MonotonicTime now);

  std::chrono::milliseconds resend_interval_;
  Telling telling_;
  Entries entries_;
  bool has_batch_ = false;
  std::chrono::seconds pause_{0};  // the latest pause; 0 after a success
  MonotonicTime not_before_;
  std::uint64_t dropped_ = 0;
  LeftOut left_out_;
};

}  // namespace connwatch
