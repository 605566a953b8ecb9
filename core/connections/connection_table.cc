#include "core/connections/connection_table.h"

#include <bit>
#include <utility>

namespace connwatch {

namespace {

static_assert(sizeof(TrackedConnection) == 48);

// Cookies are nearly consecutive integers. Multiplying spreads them over all bits of the product,
// best over the upper ones: the first of these choose the bucket, and the others are the tag.
std::uint64_t HashOf(std::uint64_t cookie) {
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15U;
  return cookie * kGoldenRatio;
}

std::uint32_t TagOf(std::uint64_t cookie) {
  return static_cast<std::uint32_t>(HashOf(cookie) >> 8U);
}

}  // namespace

ConnectionTable::ConnectionTable(Allowance& room) : room_(room) {}

ConnectionTable::~ConnectionTable() { room_.GiveBack(size_); }

std::size_t ConnectionTable::HomeOf(std::uint64_t cookie) const {
  const int bits = std::countr_zero(buckets_.size());
  return static_cast<std::size_t>(HashOf(cookie) >> (64 - bits));
}

std::size_t ConnectionTable::BucketOf(std::uint64_t cookie) const {
  const std::size_t mask = buckets_.size() - 1;
  const std::uint32_t tag = TagOf(cookie);
  std::size_t at = HomeOf(cookie);
  while (buckets_[at].place != kNowhere &&
         (buckets_[at].tag != tag || At(buckets_[at].place).cookie != cookie)) {
    at = (at + 1) & mask;
  }
  return at;
}

ConnectionTable::Place ConnectionTable::Find(std::uint64_t cookie, Place hint) const {
  const Place first = hint + 1;  // kNowhere + 1 is the first place of all
  for (Place place = first; place < end_ && place - first < kReach; ++place) {
    if (At(place).cookie == cookie) return place;
  }
  return buckets_.empty() ? kNowhere : buckets_[BucketOf(cookie)].place;
}

void ConnectionTable::PrefetchIndex(std::uint64_t cookie) const {
  if (!buckets_.empty()) __builtin_prefetch(&buckets_[HomeOf(cookie)]);
}

void ConnectionTable::PrefetchConnection(std::uint64_t cookie) const {
  if (buckets_.empty()) return;
  const std::size_t mask = buckets_.size() - 1;
  const std::uint32_t tag = TagOf(cookie);
  for (std::size_t at = HomeOf(cookie); buckets_[at].place != kNowhere; at = (at + 1) & mask) {
    if (buckets_[at].tag != tag) continue;
    const TrackedConnection* const connection = &At(buckets_[at].place);
    __builtin_prefetch(connection);
    __builtin_prefetch(&connection->rwnd_limited_ms);  // it may begin in the next line
    return;
  }
}

void ConnectionTable::Grow() {
  constexpr std::size_t kFewest = 8;
  std::vector<Bucket> old = std::exchange(buckets_, {});
  buckets_.resize(old.empty() ? kFewest : 2 * old.size());
  for (const Bucket& bucket : old) {
    if (bucket.place != kNowhere) buckets_[BucketOf(At(bucket.place).cookie)] = bucket;
  }
}

ConnectionTable::Place ConnectionTable::Insert(std::uint64_t cookie) {
  if (!room_.Take()) return kNowhere;
  Place place = end_;
  if (free_.empty()) {
    if (end_ / kChunk == chunks_.size()) {
      chunks_.push_back(std::make_unique<std::array<TrackedConnection, kChunk>>());
    }
    ++end_;
  } else {
    place = free_.back();
    free_.pop_back();
  }
  At(place).cookie = cookie;  // a free place has the defaults
  ++size_;
  // At most three of four buckets are in use.
  if (4 * size_ > 3 * buckets_.size()) Grow();
  buckets_[BucketOf(cookie)] = {place, TagOf(cookie)};
  return place;
}

// Connections in the buckets after the gap may be there only because this bucket was in use. These
// move up, so that they are found.
void ConnectionTable::EraseBucket(std::size_t gap) {
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = (gap + 1) & mask; buckets_[at].place != kNowhere; at = (at + 1) & mask) {
    const std::size_t home = HomeOf(At(buckets_[at].place).cookie);
    const bool may_move = ((at - home) & mask) >= ((at - gap) & mask);
    if (!may_move) continue;
    buckets_[gap] = buckets_[at];
    gap = at;
  }
  buckets_[gap] = {};
}

void ConnectionTable::Erase(Place place) {
  EraseBucket(BucketOf(At(place).cookie));
  At(place) = TrackedConnection();
  free_.push_back(place);
  --size_;
  room_.GiveBack(1);
}

}  // namespace connwatch
