#include "exporters/notify/delivery_plan.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

namespace connwatch {

namespace {

// When the trouble began that an alert tells of.
MonotonicTime BeginOf(const Alert& alert) { return alert.fired_at.value_or(alert.since).monotonic; }

// When to tell again what is told once.
constexpr MonotonicTime kNever = MonotonicTime::max();

// The lowest is the most severe.
int UrgencyOf(const Alert& alert) { return -static_cast<int>(alert.rule->severity); }

}  // namespace

void DeliveryPlan::Update(const FiringAlerts& firing, Instant now) {
  for (auto& [labels, entry] : entries_) {
    if (entry.resolved || firing.contains(labels)) continue;
    entry.resolved = now;
    entry.due = now.monotonic;
    entry.is_told = false;
    entry.is_under_way = false;
  }
  DropOld(now.monotonic);
  const std::vector<FiringAlerts::const_iterator> candidates = Refresh(firing, now.monotonic);
  if (entries_.size() + candidates.size() > kMaxAlerts) return AdmitSome(candidates, now.monotonic);
  for (const auto& candidate : candidates) Admit(*candidate, now.monotonic);
  left_out_ = {};
}

std::vector<FiringAlerts::const_iterator> DeliveryPlan::Refresh(const FiringAlerts& firing,
                                                                MonotonicTime now) {
  std::vector<FiringAlerts::const_iterator> unknown;
  for (auto item = firing.begin(); item != firing.end(); ++item) {
    const auto found = entries_.find(item->first);
    if (found == entries_.end()) {
      unknown.push_back(item);
      continue;
    }
    Entry& entry = found->second;
    if (entry.resolved) entry = {.alert = nullptr, .due = now, .was_sent = entry.was_sent};
    entry.alert = item->second;
  }
  return unknown;
}

void DeliveryPlan::Admit(const FiringAlerts::value_type& firing, MonotonicTime now) {
  entries_.emplace(firing.first, Entry{.alert = firing.second, .due = now});
}

void DeliveryPlan::AdmitSome(const std::vector<FiringAlerts::const_iterator>& candidates,
                             MonotonicTime now) {
  // The order of claims to a place. What the receiver may know of comes before what it does not
  // know, because it must hear how that ends. If all else is equal, an alert keeps its place.
  struct Claim {
    std::tuple<int, bool, bool, MonotonicTime, bool> order;
    Entries::iterator holder;                // if it has a place
    FiringAlerts::const_iterator candidate;  // else
  };
  std::vector<Claim> claims;
  claims.reserve(entries_.size() + candidates.size());
  for (auto holder = entries_.begin(); holder != entries_.end(); ++holder) {
    const Entry& entry = holder->second;
    const Alert& alert = *entry.alert;
    claims.push_back(
        {{UrgencyOf(alert), !entry.was_sent, entry.resolved.has_value(), BeginOf(alert), false},
         holder,
         {}});
  }
  for (const FiringAlerts::const_iterator candidate : candidates) {
    const Alert& alert = *candidate->second;
    claims.push_back(
        {{UrgencyOf(alert), true, false, BeginOf(alert), true}, entries_.end(), candidate});
  }
  std::ranges::nth_element(claims, claims.begin() + static_cast<std::ptrdiff_t>(kMaxAlerts), {},
                           &Claim::order);
  const std::span<const Claim> all = claims;

  LeftOut left_out;
  for (const Claim& claim : all.subspan(kMaxAlerts)) {
    const bool is_holder = claim.holder != entries_.end();
    if (is_holder && claim.holder->second.resolved) {
      ++dropped_;
    } else {
      ++left_out.alerts;
      const Alert& alert = is_holder ? *claim.holder->second.alert : *claim.candidate->second;
      ++left_out.by_rule[alert.rule->name];
    }
    if (is_holder) entries_.erase(claim.holder);
  }
  for (const Claim& claim : all.first(kMaxAlerts)) {
    if (claim.holder == entries_.end()) Admit(*claim.candidate, now);
  }
  // Each alert left out is counted once, however long it stays left out.
  if (left_out.alerts > left_out_.alerts) dropped_ += left_out.alerts - left_out_.alerts;
  left_out_ = std::move(left_out);
}

void DeliveryPlan::DropOld(MonotonicTime now) {
  dropped_ += std::erase_if(entries_, [this, now](const auto& item) {
    const Entry& entry = item.second;
    const bool can_be_dropped = telling_ == Telling::kAgain || entry.is_refused;
    return can_be_dropped && entry.resolved && now - entry.resolved->monotonic >= kMaxResolvedAge;
  });
}

void DeliveryPlan::Take(MonotonicTime now, const std::function<bool(const AlertReport&)>& add) {
  if (has_batch_ || now < not_before_) return;
  DropOld(now);
  // Among equals, what is new to the receiver goes first, then what waits for longest.
  struct Due {
    std::tuple<int, bool, MonotonicTime, MonotonicTime, std::size_t> order;
    const AlertLabels* labels;
    Entry* entry;
  };
  std::vector<Due> due;
  for (auto& [labels, entry] : entries_) {
    if (entry.due > now) continue;
    const Alert& alert = *entry.alert;
    due.push_back({{UrgencyOf(alert), entry.is_told, entry.due, BeginOf(alert), due.size()},
                   &labels,
                   &entry});
  }
  const std::size_t count = std::min(due.size(), kMaxBatch);
  std::ranges::partial_sort(due, due.begin() + static_cast<std::ptrdiff_t>(count), {}, &Due::order);
  for (const Due& one : std::span(due).first(count)) {
    Entry& entry = *one.entry;
    if (!add({*one.labels, entry.alert, entry.resolved})) break;
    entry.is_under_way = true;
    entry.was_sent = true;
    has_batch_ = true;
  }
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
      const bool is_over = is_delivered && telling_ == Telling::kOnce;
      entry.due = is_over ? kNever : now + resend_interval_;
      entry.is_told = is_delivered;
      entry.is_refused = !is_delivered;
    }
    const bool is_done = is_of_batch && is_delivered && entry.resolved;
    item = is_done ? entries_.erase(item) : std::next(item);
  }
}

void DeliveryPlan::TellAgain(MonotonicTime now) {
  for (auto& [labels, entry] : entries_) entry.due = std::min(entry.due, now);
}

std::optional<MonotonicTime> DeliveryPlan::NextTake() const {
  if (has_batch_ || entries_.empty()) return std::nullopt;
  const auto first =
      std::ranges::min_element(entries_, {}, [](const auto& item) { return item.second.due; });
  if (first->second.due == kNever) return std::nullopt;
  return std::max(first->second.due, not_before_);
}

std::size_t DeliveryPlan::CountQueued() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [](const auto& item) { return !item.second.is_told; }));
}

}  // namespace connwatch
