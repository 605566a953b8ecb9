#include "core/connections/connection_table.h"

#include <tsl/robin_set.h>

#include <functional>

namespace connwatch {

namespace {

static_assert(sizeof(TrackedConnection) == 48);

// Cookies are nearly consecutive integers. Multiplying spreads them over the table's low bits.
std::size_t HashOfCookie(std::uint64_t cookie) {
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>((cookie * kGoldenRatio) >> 32U);
}

using Place = ConnectionTable::Place;

// Finds the cookie at a place of the table.
struct CookieAt {
  std::uint64_t operator()(Place place) const { return table->At(place).cookie; }
  std::uint64_t operator()(std::uint64_t cookie) const { return cookie; }

  const ConnectionTable* table;
};

struct CookieHash {
  std::size_t operator()(const auto& key) const { return HashOfCookie(cookie_at(key)); }

  CookieAt cookie_at;
};

struct SameCookie {
  using is_transparent = void;

  bool operator()(const auto& one, const auto& other) const {
    return cookie_at(one) == cookie_at(other);
  }

  CookieAt cookie_at;
};

}  // namespace

struct ConnectionTable::Index {
  explicit Index(const ConnectionTable& table) : places(0, {CookieAt{&table}}, {CookieAt{&table}}) {
    constexpr float kMaxLoad = 0.8F;  // 8 bytes a bucket
    places.max_load_factor(kMaxLoad);
  }

  tsl::robin_set<Place, CookieHash, SameCookie> places;
};

ConnectionTable::ConnectionTable(Allowance& room)
    : room_(room), index_(std::make_unique<Index>(*this)) {}

ConnectionTable::~ConnectionTable() { room_.GiveBack(size_); }

Place ConnectionTable::Find(std::uint64_t cookie, Place hint) const {
  // Connections that ended since the last walk leave gaps.
  constexpr Place kReach = 4;
  const Place first = hint + 1;  // kNowhere + 1 is the first place of all
  for (Place place = first; place < end_ && place - first < kReach; ++place) {
    if (At(place).cookie == cookie) return place;
  }
  const auto found = index_->places.find(cookie);
  return found == index_->places.end() ? kNowhere : *found;
}

Place ConnectionTable::Insert(std::uint64_t cookie) {
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
  index_->places.insert(place);
  ++size_;
  return place;
}

void ConnectionTable::Erase(Place place) {
  index_->places.erase(At(place).cookie);
  At(place) = TrackedConnection();
  free_.push_back(place);
  --size_;
  room_.GiveBack(1);
}

}  // namespace connwatch
