// The interface between what is to be sent to receivers and how it is sent. In production it is a
// CurlTransport; tests script it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/alerts/alert_receiver.h"
#include "core/base/instant.h"
#include "core/base/result.h"
#include "exporters/notify/delivery_plan.h"

namespace connwatch {

/// How a request ended.
struct PostResult {
  std::uint64_t id = 0;  // as given to Post
  DeliveryOutcome outcome = DeliveryOutcome::kDelivered;
  /// True iff the receiver answered, whatever it said.
  bool is_answered = false;
  /// Set if `outcome` is not kDelivered, see NotificationStats::failure.
  Error error;
  /// The Date header of the answer; absent if there is no answer or if it has no such header.
  std::optional<WallTime> date = std::nullopt;
};

/// For one thread, except Wake.
class AlertTransport {
 public:
  AlertTransport() = default;
  virtual ~AlertTransport() = default;
  AlertTransport(const AlertTransport&) = delete;
  AlertTransport& operator=(const AlertTransport&) = delete;

  /// Begins a request and returns at once. Wait reports its end, even if it could not begin.
  virtual void Post(std::uint64_t id, const AlertReceiver& receiver, std::string body) = 0;

  /// Moves the requests forward until something happens to one, Wake is called, or `timeout` has
  /// passed. Returns the requests that have ended.
  virtual std::vector<PostResult> Wait(std::chrono::milliseconds timeout) = 0;

  /// Ends the present or the next Wait. May be called from any thread.
  virtual void Wake() = 0;
};

}  // namespace connwatch
