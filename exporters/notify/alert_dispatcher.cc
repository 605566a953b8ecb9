#include "exporters/notify/alert_dispatcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "exporters/notify/alert_message.h"
#include "exporters/notify/webhook_body.h"

namespace connwatch {

namespace {

using Difference = std::optional<std::chrono::nanoseconds>;

// Returns the larger difference, whatever its sign is.
Difference Further(const Difference& one, const Difference& other) {
  if (!one || !other) return one ? one : other;
  return std::chrono::abs(*one) >= std::chrono::abs(*other) ? one : other;
}

}  // namespace

void AlertDispatcher::Configure(DispatchOptions options, Instant now) {
  std::vector<Destination> before = std::exchange(destinations_, {});
  resend_interval_ = options.resend_interval;
  SetOrigin(std::move(options.origin));
  for (AlertReceiver& receiver : options.receivers) {
    const auto same = std::ranges::find_if(before, [&receiver](const Destination& destination) {
      return destination.id != 0 && destination.receiver.kind == receiver.kind &&
             destination.receiver.url == receiver.url;
    });
    if (same != before.end()) {
      Destination& kept = destinations_.emplace_back(std::move(*same));
      same->id = 0;
      kept.receiver = std::move(receiver);
      SetResendInterval(kept);
    } else {
      const Telling telling =
          receiver.kind == ReceiverKind::kWebhook ? Telling::kOnce : Telling::kAgain;
      Destination& added = destinations_.emplace_back(
          Destination{++last_id_, std::move(receiver), DeliveryPlan(resend_interval_, telling)});
      SetResendInterval(added);
    }
    destinations_.back().plan.Update(firing_, now);
  }
}

void AlertDispatcher::SetOrigin(AlertOrigin origin) {
  origin_ = std::move(origin);
  for (const auto& [labels, alert] : std::exchange(firing_, {})) {
    firing_.emplace(LabelsOf(*alert, origin_), alert);
  }
}

void AlertDispatcher::Update(const AlertList& list, Instant now) {
  firing_.clear();
  for (const Alert& alert : list.alerts) {
    if (alert.state != AlertState::kFiring) continue;
    firing_.emplace(LabelsOf(alert, origin_), std::make_shared<const Alert>(alert));
  }
  for (Destination& destination : destinations_) destination.plan.Update(firing_, now);
}

void AlertDispatcher::Send(Instant now) {
  for (Destination& destination : destinations_) {
    std::optional<std::string> body = destination.is_webhook() ? TakeWebhookBody(destination, now)
                                                               : TakeMessage(destination, now);
    if (!body) continue;
    destination.is_posting = true;
    destination.posted_at = now.monotonic;
    transport_.Post(destination.id, destination.receiver, *std::move(body));
  }
}

std::optional<std::string> AlertDispatcher::TakeMessage(Destination& destination,
                                                        Instant now) const {
  AlertMessage message(ContextFor(destination, now));
  bool is_due = false;
  destination.plan.Take(now.monotonic, [&](const AlertReport& report) {
    const bool has_room = message.Add(report);
    is_due = is_due || has_room;
    return has_room;
  });
  if (!is_due) return std::nullopt;
  return std::move(message).Finish();
}

std::optional<std::string> AlertDispatcher::TakeWebhookBody(Destination& destination,
                                                            Instant now) const {
  // Nothing ends by itself at a webhook, so its clock does not matter.
  const NoticeContext context{.origin = origin_, .now = now, .expires_at = std::nullopt};
  std::optional<std::string> body;
  destination.plan.Take(now.monotonic, [&](const AlertReport& report) {
    if (body) return false;
    body = WebhookBody(report, context, destination.receiver.body);
    return true;
  });
  return body;
}

NoticeContext AlertDispatcher::ContextFor(const Destination& destination, Instant now) const {
  const ReceiverClock& clock = destination.clock;
  NoticeContext context{
      .origin = origin_, .now = clock.EarliestAt(now), .expires_at = std::nullopt};
  if (clock.is_observed()) {
    context.expires_at = clock.LatestAt(now).wall + resend_interval_ * kValidResendIntervals;
  }
  return context;
}

void AlertDispatcher::SetResendInterval(Destination& destination) const {
  destination.plan.SetResendInterval(
      destination.is_webhook() || destination.clock.is_observed()
          ? resend_interval_
          : std::min<std::chrono::milliseconds>(resend_interval_, kMaxFirstInterval));
}

void AlertDispatcher::Conclude(const std::vector<PostResult>& results, Instant now) {
  for (const PostResult& result : results) {
    const auto found = std::ranges::find(destinations_, result.id, &Destination::id);
    if (found == destinations_.end()) continue;  // the receiver was removed
    found->is_posting = false;
    found->plan.End(result.outcome, now.monotonic);
    if (result.is_answered && !found->is_webhook()) Observe(*found, result, now);
    if (result.outcome == DeliveryOutcome::kDelivered) {
      ++found->successes;
      found->failure.reset();
    } else {
      ++found->failures;
      found->failure = result.error;
    }
  }
}

void AlertDispatcher::Observe(Destination& destination, const PostResult& result,
                              Instant now) const {
  ReceiverClock& clock = destination.clock;
  const WallTime before = clock.EarliestAt(now).wall;
  clock.Observe(result.date, destination.posted_at, now.monotonic);
  destination.clock_ahead = clock.Ahead(now);
  SetResendInterval(destination);
  const bool was_right = std::chrono::abs(clock.EarliestAt(now).wall - before) <= kMaxClockError;
  const std::optional<MonotonicTime>& again = destination.told_again_at;
  if (was_right || (again && now.monotonic - *again < kMinTellAgainInterval)) return;
  destination.told_again_at = now.monotonic;
  destination.plan.TellAgain(now.monotonic);
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
    const DeliveryPlan::LeftOut& left_out = destination.plan.left_out();
    found->left_out += left_out.alerts;
    for (const auto& [rule, count] : left_out.by_rule) found->left_out_by_rule[rule] += count;
    found->clock_ahead = Further(found->clock_ahead, destination.clock_ahead);
    if (destination.failure) found->failure = destination.failure;
  }
  return all;
}

}  // namespace connwatch
