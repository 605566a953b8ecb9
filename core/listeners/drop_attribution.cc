#include "core/listeners/drop_attribution.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

namespace connwatch {

namespace {

struct Claim {
  ListenerDrops* listener;
  std::uint64_t drops;
  std::uint64_t granted = 0;
};

std::uint64_t SumOf(const std::vector<Claim>& claims) {
  return std::accumulate(claims.begin(), claims.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Claim& claim) { return sum + claim.drops; });
}

// Grants what is available, at most all that is claimed. Returns what is left of it.
std::uint64_t Grant(std::vector<Claim>& claims, std::uint64_t available) {
  const double share = static_cast<double>(std::min(available, SumOf(claims))) /
                       static_cast<double>(std::max<std::uint64_t>(SumOf(claims), 1));
  std::ranges::stable_sort(claims, std::ranges::greater(), &Claim::drops);
  for (Claim& claim : claims) {
    const double part = static_cast<double>(claim.drops) * share;
    claim.granted = std::min({static_cast<std::uint64_t>(part), claim.drops, available});
    available -= claim.granted;
  }
  for (Claim& claim : claims) {
    const std::uint64_t more = std::min(claim.drops - claim.granted, available);
    claim.granted += more;
    available -= more;
  }
  return available;
}

}  // namespace

bool ListenerDrops::IsAnythingPending() const {
  return std::ranges::any_of(pending_, [](std::uint64_t drops) { return drops > 0; });
}

bool DropAttribution::IsCounterDue(MonotonicTime now) const {
  return is_anything_pending_ || !counter_read_at_ || now - *counter_read_at_ >= kQuietInterval;
}

void DropAttribution::ReadCounter(std::optional<std::uint64_t> listen_drops, MonotonicTime now) {
  if (listen_drops && counter_ && *listen_drops >= *counter_) {
    unclaimed_ += *listen_drops - *counter_;
  } else {
    is_bounded_ = false;
  }
  counter_ = listen_drops;
  counter_read_at_ = now;
  is_counter_new_ = true;
}

void DropAttribution::Attribute(std::span<ListenerDrops* const> listeners) {
  if (!is_bounded_) {
    BelieveAll(listeners);
  } else if (is_counter_new_) {
    AttributeTo(/*with_full_queue=*/true, listeners);
    AttributeTo(/*with_full_queue=*/false, listeners);
    for (ListenerDrops* listener : listeners) {
      std::shift_right(listener->pending_.begin(), listener->pending_.end(), 1);
      listener->pending_.front() = 0;
      listener->was_full_ =
          listener->is_full_ || (listener->was_full_ && listener->IsAnythingPending());
    }
  }
  if (!is_bounded_ || is_counter_new_) unclaimed_ = 0;
  is_bounded_ = counter_.has_value();
  is_counter_new_ = false;
  is_anything_pending_ = std::ranges::any_of(
      listeners, [](const ListenerDrops* listener) { return listener->IsAnythingPending(); });
}

bool DropAttribution::Skip() {
  const bool is_nothing_new = !is_anything_pending_ && unclaimed_ == 0;
  if (!is_nothing_new || is_bounded_ != counter_.has_value()) return false;
  is_counter_new_ = false;
  return true;
}

void DropAttribution::AttributeTo(bool with_full_queue, std::span<ListenerDrops* const> listeners) {
  for (std::size_t chances = ListenerDrops::kChances; chances-- > 0;) {
    std::vector<Claim> claims;
    for (ListenerDrops* listener : listeners) {
      const std::uint64_t drops = listener->pending_.at(chances);
      if (listener->was_full_ == with_full_queue && drops > 0) claims.push_back({listener, drops});
    }
    unclaimed_ = Grant(claims, unclaimed_);
    for (const Claim& claim : claims) {
      claim.listener->pending_.at(chances) -= claim.granted;
      claim.listener->refused_ += claim.granted;
    }
  }
}

void DropAttribution::BelieveAll(std::span<ListenerDrops* const> listeners) {
  for (ListenerDrops* listener : listeners) {
    listener->refused_ += listener->pending_.front();
    listener->pending_.fill(0);
    listener->was_full_ = listener->is_full_;
  }
}

}  // namespace connwatch
