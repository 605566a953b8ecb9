#include "exporters/notify/alert_dispatcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "exporters/notify/alert_message.h"

namespace connwatch {

void AlertDispatcher::Configure(DispatchOptions options, Instant now) {
  std::vector<Destination> before = std::exchange(destinations_, {});
  resend_interval_ = options.resend_interval;
  for (AlertReceiver& receiver : options.receivers) {
    const auto same = std::ranges::find_if(before, [&receiver](const Destination& destination) {
      return destination.id != 0 && destination.receiver.url == receiver.url;
    });
    if (same != before.end()) {
      Destination& kept = destinations_.emplace_back(std::move(*same));
      same->id = 0;
      kept.receiver = std::move(receiver);
      kept.plan.SetResendInterval(resend_interval_);
    } else {
      Destination& added = destinations_.emplace_back(
          Destination{++last_id_, std::move(receiver), DeliveryPlan(resend_interval_)});
      added.plan.Update(firing_, now);
    }
  }
}

void AlertDispatcher::Update(const AlertList& list, Instant now) {
  firing_.clear();
  for (const Alert& alert : list.alerts) {
    if (alert.state != AlertState::kFiring) continue;
    firing_.emplace(IdentityOf(alert), std::make_shared<const Alert>(alert));
  }
  for (Destination& destination : destinations_) destination.plan.Update(firing_, now);
}

void AlertDispatcher::Send(Instant now) {
  for (Destination& destination : destinations_) {
    const std::vector<AlertReport> batch = destination.plan.Take(now.monotonic);
    if (batch.empty()) continue;
    const AlertMessageContext context{
        .instance = instance_, .expires_at = now.wall + resend_interval_ * kValidResendIntervals};
    destination.is_posting = true;
    transport_.Post(destination.id, destination.receiver, RenderAlertMessage(batch, context));
  }
}

void AlertDispatcher::Conclude(const std::vector<PostResult>& results, Instant now) {
  for (const PostResult& result : results) {
    const auto found = std::ranges::find(destinations_, result.id, &Destination::id);
    if (found == destinations_.end()) continue;  // the receiver was removed
    found->is_posting = false;
    found->plan.End(result.outcome, now.monotonic);
    if (result.outcome == DeliveryOutcome::kDelivered) {
      ++found->successes;
      found->failure.reset();
    } else {
      ++found->failures;
      found->failure = result.error;
    }
  }
}

std::optional<MonotonicTime> AlertDispatcher::NextSend() const {
  std::optional<MonotonicTime> next;
  for (const Destination& destination : destinations_) {
    const std::optional<MonotonicTime> take = destination.plan.NextTake();
    if (take && (!next || *take < *next)) next = take;
  }
  return next;
}

bool AlertDispatcher::IsPosting() const {
  return std::ranges::any_of(destinations_, &Destination::is_posting);
}

std::vector<NotificationStats> AlertDispatcher::stats() const {
  std::vector<NotificationStats> all;
  for (const Destination& destination : destinations_) {
    auto found = std::ranges::find(all, destination.receiver.name, &NotificationStats::receiver);
    if (found == all.end()) {
      all.push_back({.receiver = destination.receiver.name, .failure = std::nullopt});
      found = std::prev(all.end());
    }
    found->successes += destination.successes;
    found->failures += destination.failures;
    found->queue_length += destination.plan.CountQueued();
    found->dropped += destination.plan.dropped();
    if (destination.failure) found->failure = destination.failure;
  }
  return all;
}

}  // namespace connwatch
