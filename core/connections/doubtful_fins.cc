#include "core/connections/doubtful_fins.h"

#include <tsl/robin_map.h>

#include <cstdint>
#include <limits>

namespace connwatch {

namespace {

std::uint64_t HashOf(const SocketRecord& record) {
  constexpr unsigned kPortBits = std::numeric_limits<std::uint16_t>::digits;
  const std::uint64_t ports = std::uint64_t{record.local.port} << kPortBits | record.remote.port;
  return record.remote.address.Hash(record.local.address.Hash(ports));
}

}  // namespace

// The keys are hashes of both endpoints. If two collide, a count is wrong by one byte.
struct DoubtfulFins::Sets {
  using Keys = tsl::robin_map<std::uint64_t, GroupKey>;

  Keys before;  // ended before the latest walk began
  Keys since;
};

DoubtfulFins::DoubtfulFins() : sets_(std::make_unique<Sets>()) {}

DoubtfulFins::~DoubtfulFins() = default;

void DoubtfulFins::Add(const SocketRecord& destroyed, GroupKey key) {
  if (sets_->before.size() + sets_->since.size() >= kMaxConnections) return;
  sets_->since.insert_or_assign(HashOf(destroyed), key);
}

std::optional<GroupKey> DoubtfulFins::Take(const SocketRecord& record) {
  if (sets_->before.empty() && sets_->since.empty()) return std::nullopt;
  const std::uint64_t hash = HashOf(record);
  for (Sets::Keys* keys : {&sets_->before, &sets_->since}) {
    const auto found = keys->find(hash);
    if (found == keys->end()) continue;
    const GroupKey key = found->second;
    keys->erase(found);
    return key;
  }
  return std::nullopt;
}

void DoubtfulFins::BeginPoll() {
  if (sets_->before.empty()) {
    std::swap(sets_->before, sets_->since);
    return;
  }
  sets_->before.insert(sets_->since.begin(), sets_->since.end());
  sets_->since.clear();
}

void DoubtfulFins::CompletePoll() { sets_->before.clear(); }

}  // namespace connwatch
