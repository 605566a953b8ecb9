#include "exporters/notify/delivery_plan.h"

#include <algorithm>

namespace connwatch {

void DeliveryPlan::Update(const FiringAlerts& firing, Instant now) {
  for (auto& [identity, entry] : entries_) {
    if (entry.resolved || firing.contains(identity)) continue;
    entry.resolved = now;
    entry.due = now.monotonic;
    entry.is_told = false;
    entry.is_under_way = false;
  }
  DropOld(now.monotonic);
  Admit(firing, now.monotonic);
}

void DeliveryPlan::Admit(const FiringAlerts& firing, MonotonicTime now) {
  std::size_t left_out = 0;
  for (const auto& [identity, alert] : firing) {
    const auto found = entries_.find(identity);
    if (found == entries_.end() && entries_.size() >= kMaxAlerts) {
      ++left_out;
    } else if (found == entries_.end()) {
      entries_.emplace(identity, Entry{.alert = alert, .due = now});
    } else if (found->second.resolved) {
      found->second = {.alert = alert, .due = now};
    } else {
      found->second.alert = alert;
    }
  }
  // Each alert left out is counted once, however long it stays left out.
  if (left_out > left_out_) dropped_ += left_out - left_out_;
  left_out_ = left_out;
}

void DeliveryPlan::DropOld(MonotonicTime now) {
  dropped_ += std::erase_if(entries_, [now](const auto& item) {
    const std::optional<Instant>& resolved = item.second.resolved;
    return resolved && now - resolved->monotonic >= kMaxResolvedAge;
  });
}

std::vector<AlertReport> DeliveryPlan::Take(MonotonicTime now) {
  std::vector<AlertReport> batch;
  if (has_batch_ || now < not_before_) return batch;
  DropOld(now);
  for (auto& [identity, entry] : entries_) {
    if (entry.due > now || batch.size() == kMaxBatch) continue;
    entry.is_under_way = true;
    AlertReport& report = batch.emplace_back(AlertReport{entry.alert, std::nullopt});
    if (entry.resolved) report.resolved_at = entry.resolved->wall;
  }
  has_batch_ = !batch.empty();
  return batch;
}

void DeliveryPlan::End(DeliveryOutcome outcome, MonotonicTime now) {
  has_batch_ = false;
  const bool is_delivered = outcome == DeliveryOutcome::kDelivered;
  if (outcome == DeliveryOutcome::kFailed) {
    pause_ = std::clamp(pause_ * 2, kMinPause, kMaxPause);
    not_before_ = now + pause_;
  } else {
    pause_ = std::chrono::seconds(0);
  }
  for (auto item = entries_.begin(); item != entries_.end();) {
    Entry& entry = item->second;
    const bool is_of_batch = entry.is_under_way;
    entry.is_under_way = false;
    if (is_of_batch && outcome != DeliveryOutcome::kFailed) {
      entry.due = now + resend_interval_;
      entry.is_told = is_delivered;
    }
    const bool is_done = is_of_batch && is_delivered && entry.resolved;
    item = is_done ? entries_.erase(item) : std::next(item);
  }
}

std::optional<MonotonicTime> DeliveryPlan::NextTake() const {
  if (has_batch_ || entries_.empty()) return std::nullopt;
  const auto first =
      std::ranges::min_element(entries_, {}, [](const auto& item) { return item.second.due; });
  return std::max(first->second.due, not_before_);
}

std::size_t DeliveryPlan::CountQueued() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const auto& item) { return !item.second.is_told; }));
}

}  // namespace connwatch
