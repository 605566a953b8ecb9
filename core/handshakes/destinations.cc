#include "core/handshakes/destinations.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <string>
#include <utility>

namespace connwatch {

struct Destinations::Key {
  std::uint64_t net_cookie = 0;
  Endpoint remote;

  bool operator==(const Key&) const = default;
};

struct Destinations::Entry {
  std::string netns;
  std::string unit;
  std::string group;
  std::array<HandshakeCounts, 2> halves;  // the one that grows first
  MonotonicTime latest;

  HandshakeCounts Recent() const {
    HandshakeCounts sum = halves[0];
    sum += halves[1];
    return sum;
  }
  std::uint64_t Weight() const;
};

namespace {

// A connect that failed tells more than one that succeeded.
constexpr std::uint64_t kWeightOfFailure = 10;

}  // namespace

std::uint64_t Destinations::Entry::Weight() const {
  std::uint64_t weight = 0;
  for (const HandshakeCounts& half : halves) {
    weight += half.Total() + (kWeightOfFailure - 1) * half.Failed();
  }
  return weight;
}

struct Destinations::Table {
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return static_cast<std::size_t>(key.remote.address.Hash(key.net_cookie ^ key.remote.port));
    }
  };
  using Entries = tsl::robin_map<Key, Entry, Hash>;

  Entries entries;
  // Which give way next, in ascending order of the weights that they had when the list was made,
  // once after each Advance(). Those that have grown since are skipped.
  std::vector<std::pair<std::uint64_t, Key>> lightest;
  std::size_t next_lightest = 0;
};

Destinations::Destinations() : table_(std::make_unique<Table>()) {}
Destinations::~Destinations() = default;

void Destinations::Advance(MonotonicTime now) {
  if (!half_began_) half_began_ = now;
  for (int halves = 0; now - *half_began_ >= kHalf && halves < 2; ++halves) {
    TurnHalf();
    *half_began_ += kHalf;
  }
  if (now - *half_began_ >= kHalf) half_began_ = now;
  table_->lightest.clear();
  table_->next_lightest = 0;
}

void Destinations::TurnHalf() {
  has_earlier_half_ = true;
  folded_ = {0, folded_[0]};
  // In two passes: an entry may take the place of one that is erased, and be met again.
  for (auto entry = table_->entries.begin(); entry != table_->entries.end();) {
    if (entry->second.halves[0].Total() == 0) {
      entry = table_->entries.erase(entry);
    } else {
      ++entry;
    }
  }
  for (auto entry = table_->entries.begin(); entry != table_->entries.end(); ++entry) {
    auto& halves = entry.value().halves;
    halves[1] = std::exchange(halves[0], {});
  }
}

void Destinations::Add(const HandshakeBatch& batch, const ConnectorNames& names,
                       MonotonicTime now) {
  const std::uint64_t weight = batch.count * (IsFailure(batch.outcome) ? kWeightOfFailure : 1);
  const bool is_known = batch.has_addresses && batch.has_ports;
  Entry* const entry = is_known ? FindOrAdmit({batch.net_cookie, batch.remote}, weight) : nullptr;
  if (entry == nullptr) {
    folded_[0] += batch.count;
    return;
  }
  if (entry->netns != names.netns) entry->netns = names.netns;
  if (!names.unit.empty() && entry->unit != names.unit) entry->unit = names.unit;
  if (entry->group != names.group) entry->group = names.group;
  AddOutcomes(entry->halves[0], batch);
  AddLatency(entry->halves[0].latency, batch);
  entry->latest = now;
}

Destinations::Entry* Destinations::FindOrAdmit(const Key& key, std::uint64_t weight) {
  const auto found = table_->entries.find(key);
  if (found != table_->entries.end()) return &found.value();
  if (table_->entries.size() >= kMaxDestinations && !MakeRoom(weight)) return nullptr;
  return &table_->entries.try_emplace(key).first.value();
}

// Forgets the destination that has the least weight, if that is less than `weight`.
bool Destinations::MakeRoom(std::uint64_t weight) {
  auto& lightest = table_->lightest;
  if (lightest.empty()) {
    for (const auto& [key, entry] : table_->entries) lightest.emplace_back(entry.Weight(), key);
    std::ranges::sort(lightest, {}, [](const auto& one) { return one.first; });
  }
  for (; table_->next_lightest < lightest.size(); ++table_->next_lightest) {
    const auto& [weight_then, key] = lightest[table_->next_lightest];
    if (weight_then > weight) return false;
    const auto found = table_->entries.find(key);
    if (found == table_->entries.end() || found->second.Weight() > weight_then) continue;
    folded_[0] += found->second.halves[0].Total();
    folded_[1] += found->second.halves[1].Total();
    table_->entries.erase(found);
    return true;
  }
  return false;
}

namespace {

// The indices of the greatest, the greatest first. Leaves out those with 0.
template <typename Rank>
std::vector<std::size_t> Greatest(std::size_t size, std::size_t most, Rank rank) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < size; ++i) {
    if (rank(i) > 0) indices.push_back(i);
  }
  const std::size_t kept = std::min(most, indices.size());
  std::ranges::partial_sort(
      indices, indices.begin() + static_cast<std::ptrdiff_t>(kept),
      [&](std::size_t a, std::size_t b) { return rank(a) != rank(b) ? rank(a) > rank(b) : a < b; });
  indices.resize(kept);
  return indices;
}

}  // namespace

void Destinations::List(Handshakes& handshakes, MonotonicTime now,
                        const NamespaceName& name_of) const {
  struct Candidate {
    const Key* key;
    const Entry* entry;
    HandshakeCounts recent;
    double latency;
  };
  std::vector<Candidate> all;
  all.reserve(table_->entries.size());
  for (const auto& [key, entry] : table_->entries) {
    HandshakeCounts recent = entry.Recent();
    const auto median = recent.latency.Quantile(0.5);
    all.push_back({&key, &entry, std::move(recent), median ? median->count() : 0});
  }
  handshakes.by_count =
      Greatest(all.size(), kMaxTop, [&](std::size_t i) { return all[i].recent.Total(); });
  handshakes.by_failures =
      Greatest(all.size(), kMaxTop, [&](std::size_t i) { return all[i].recent.Failed(); });
  handshakes.by_latency =
      Greatest(all.size(), kMaxTop, [&](std::size_t i) { return all[i].latency; });
  // Only those in a list are kept, and the lists refer to what is kept.
  std::vector<std::optional<std::size_t>> kept_at(all.size());
  for (auto* list : {&handshakes.by_count, &handshakes.by_failures, &handshakes.by_latency}) {
    for (std::size_t& index : *list) {
      if (!kept_at[index]) {
        kept_at[index] = handshakes.destinations.size();
        const auto& [key, entry, recent, latency] = all[index];
        std::string netns(key->net_cookie == 0 ? std::string_view() : name_of(key->net_cookie));
        if (netns.empty()) netns = entry->netns;
        handshakes.destinations.push_back(
            {std::move(netns), key->remote, entry->unit, entry->group, recent, entry->latest});
      }
      index = *kept_at[index];
    }
  }
  handshakes.folded = folded_[0] + folded_[1];
  const auto since = half_began_.value_or(now) - (has_earlier_half_ ? kHalf : kHalf * 0);
  handshakes.recent_span = std::chrono::duration_cast<std::chrono::seconds>(now - since);
}

}  // namespace connwatch
