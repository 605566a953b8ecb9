#include "core/namespaces/namespace_table.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <utility>

namespace connwatch {

namespace {

// Cookies are nearly consecutive integers, which the table's low bits spread well.
struct CookieHash {
  std::size_t operator()(std::uint64_t cookie) const { return static_cast<std::size_t>(cookie); }
};

void SetCounters(NamespaceCounts& counts, const NamespaceGrowth& growth) {
  counts.traffic = growth.traffic;
  counts.rtt = growth.rtt;
  counts.handshakes = growth.handshakes;
}

}  // namespace

struct NamespaceTable::Entry {
  NamespaceWatch watch;
  NamespaceIdentity identity;
  MonotonicTime latest;    // that a poll has met it, or that the kernel has listed it
  bool is_listed = false;  // in the facts read last
  bool has_place = false;  // as places_ has it
  bool has_had_sockets = false;
  bool is_container = false;  // its identity has the container or pod that owns it
  NamespaceGrowth growth;     // while it had a place
};

struct NamespaceTable::Index {
  tsl::robin_map<std::uint64_t, Entry*, CookieHash> by_cookie;
};

NamespaceTable::NamespaceTable(const NamespaceTableOptions& options, Allowance& connections,
                               ReadFacts read_facts, FindNames find_names)
    : options_(options),
      connections_(connections),
      read_facts_(std::move(read_facts)),
      find_names_(std::move(find_names)),
      index_(std::make_unique<Index>()),
      places_(options.max_shown),
      accept_peak_of_others_(options.watch.peak_window),
      syn_peak_of_others_(options.watch.peak_window) {}

NamespaceTable::~NamespaceTable() = default;

void NamespaceTable::Begin(Tier tier, Instant now) {
  if (tier != Tier::kFull) ReadFactsIfDue(now.monotonic);
  in_flight_.at(IndexOf(tier)) = now;
  if (tier == Tier::kListeners) {
    order_.Begin();
  } else {
    for (const auto& entry : entries_) entry->watch.Begin(tier, now);
  }
}

void NamespaceTable::Add(Tier tier, std::uint64_t cookie, std::span<const SocketRecord> records,
                         Instant now) {
  if (tier == Tier::kListeners) {
    AddListeners(cookie, records, now.monotonic);
  } else if (Entry* const entry = Meet(cookie, now.monotonic); entry != nullptr) {
    entry->watch.Add(tier, records, now);
  }
}

void NamespaceTable::AddListeners(std::uint64_t cookie, std::span<const SocketRecord> records,
                                  MonotonicTime now) {
  for (const SocketRecord& record : records) {
    if (order_.Meet(record)) continue;
    LeaveOrder();
    Entry* const entry = Meet(cookie, now);
    if (entry == nullptr) {
      order_.Omit();
      continue;
    }
    ListeningSockets& sockets = entry->watch.listening();
    if (const auto index = sockets.Add(record)) {
      order_.Append(record, sockets, *index);
    } else {
      order_.Omit();
    }
  }
}

void NamespaceTable::LeaveOrder() {
  if (!order_.is_kept()) return;
  const Instant start = *in_flight_.at(IndexOf(Tier::kListeners));
  for (const auto& entry : entries_) entry->watch.Begin(Tier::kListeners, start);
  for (const ListenerOrder::Place& place : order_.Leave()) place.sockets->Keep();
}

void NamespaceTable::Complete(Tier tier, Instant now) {
  if (tier == Tier::kListeners) {
    if (!order_.HasMetAll()) LeaveOrder();
    order_.Complete();
  }
  for (const auto& entry : entries_) entry->watch.Complete(tier, now);
  if (tier == Tier::kFull) {
    full_poll_ = in_flight_.at(IndexOf(tier))->monotonic;
    Forget([&](const Entry& entry) { return now.monotonic - entry.latest > kMemory; });
  }
  in_flight_.at(IndexOf(tier)).reset();
}

void NamespaceTable::ReadFactsIfDue(MonotonicTime now) {
  if (facts_read_at_ && now - *facts_read_at_ < kFactsInterval) return;
  facts_read_at_ = now;
  if (const auto facts = read_facts_()) {
    UseFacts(*facts, now);
  } else {
    for (const auto& entry : entries_) entry->watch.UseNoCounters(now);
  }
}

void NamespaceTable::UseFacts(std::span<const NamespaceFacts> facts, MonotonicTime now) {
  ForgetUnlisted(facts);  // they make room, and their names become free
  std::unordered_set<std::uint64_t> left_out;
  for (const NamespaceFacts& one : facts) {
    Entry* const entry = FindOrAdmit(one.cookie, now);
    if (entry == nullptr) {
      if (left_out.size() < kMaxLeftOut) left_out.insert(one.cookie);
      continue;
    }
    entry->identity.inode = one.inode;
    entry->watch.UseFacts(one, now);
  }
  left_out_ = std::move(left_out);
}

void NamespaceTable::ForgetUnlisted(std::span<const NamespaceFacts> facts) {
  for (const auto& entry : entries_) entry->is_listed = false;
  for (const NamespaceFacts& one : facts) {
    const auto known = index_->by_cookie.find(one.cookie);
    if (known != index_->by_cookie.end()) known->second->is_listed = true;
  }
  Forget([](const Entry& entry) { return !entry.is_listed; });
}

NamespaceTable::Entry* NamespaceTable::FindOrAdmit(std::uint64_t cookie, MonotonicTime now) {
  if (latest_ == nullptr || latest_->identity.cookie != cookie) {
    const auto found = index_->by_cookie.find(cookie);
    Entry* const entry = found == index_->by_cookie.end() ? Admit(cookie, now) : found->second;
    if (entry == nullptr) return nullptr;
    latest_ = entry;
  }
  latest_->latest = now;
  return latest_;
}

NamespaceTable::Entry* NamespaceTable::Meet(std::uint64_t cookie, MonotonicTime now) {
  Entry* const entry = FindOrAdmit(cookie, now);
  if (entry == nullptr || entry->has_had_sockets) return entry;
  entry->has_had_sockets = true;
  TakeFreePlace(*entry, now);
  return entry;
}

void NamespaceTable::TakeFreePlace(Entry& entry, MonotonicTime now) {
  places_.TakeFree(entry.identity.cookie, now);
  entry.has_place = places_.Has(entry.identity.cookie);
}

NamespaceTable::Entry* NamespaceTable::Admit(std::uint64_t cookie, MonotonicTime now) {
  if (entries_.size() >= kMaxNamespaces) {
    if (left_out_.size() < kMaxLeftOut) left_out_.insert(cookie);
    return nullptr;
  }
  // What its connections moved while it was left out is not counted.
  const bool was_left_out = left_out_.erase(cookie) > 0;
  const auto known_since = was_left_out ? std::nullopt : full_poll_;
  Entry& entry = *entries_.emplace_back(
      new Entry{.watch = {options_.watch, {connections_, listening_}, known_since},
                .identity = {.cookie = cookie},
                .latest = now,
                .growth = {}});
  index_->by_cookie.emplace(cookie, &entry);
  NameIt(entry, now);
  if (names_.IsGivenByRoot(cookie)) TakeFreePlace(entry, now);
  for (const TierSpec& tier : kTiers) {
    const auto& started = in_flight_.at(IndexOf(tier.id));
    if (started) entry.watch.Begin(tier.id, *started);
  }
  return &entry;
}

template <typename Predicate>
void NamespaceTable::Forget(Predicate is_gone) {
  const bool is_any_gone = std::ranges::any_of(
      entries_, [&](const std::unique_ptr<Entry>& entry) { return is_gone(*entry); });
  if (!is_any_gone) return;
  latest_ = nullptr;
  LeaveOrder();
  order_.Clear();
  std::erase_if(entries_, [&](const std::unique_ptr<Entry>& entry) {
    if (!is_gone(*entry)) return false;
    Book(*entry);
    // Others would make ever new series if their places became free at once.
    if (names_.IsGivenByRoot(entry->identity.cookie)) places_.Release(entry->identity.cookie);
    names_.Forget(entry->identity.cookie);
    index_->by_cookie.erase(entry->identity.cookie);
    return true;
  });
}

void NamespaceTable::NameIt(Entry& entry, MonotonicTime now) {
  NamespaceIdentity& identity = entry.identity;
  const NameCandidates candidates =
      find_names_({identity.cookie, identity.inode, entry.watch.owners()}, now);
  identity.name = names_.NameOf(identity.cookie, candidates);
  // Its containers may take turns in having the most sockets. The first one stays, because each
  // change would end series. A container is better known than a unit.
  const bool is_container = !candidates.container.empty();
  if (entry.is_container || (!is_container && !identity.unit.empty())) return;
  entry.is_container = is_container;
  identity.unit = candidates.unit;
  identity.pod_namespace = candidates.pod_namespace;
  identity.pod = candidates.pod;
}

void NamespaceTable::Book(Entry& entry) {
  (entry.has_place ? entry.growth : growth_of_others_) += entry.watch.TakeGrowth();
}

NamespaceTable::Entry* NamespaceTable::FindListed(std::uint64_t cookie, MonotonicTime now) {
  const bool is_known = index_->by_cookie.contains(cookie);
  const bool may_read = !in_flight_.at(IndexOf(Tier::kListeners)) && facts_read_at_ &&
                        now - *facts_read_at_ >= kUrgentFactsInterval;
  if (!is_known && may_read) {
    facts_read_at_.reset();
    ReadFactsIfDue(now);
  }
  return is_known || index_->by_cookie.contains(cookie) ? Meet(cookie, now) : nullptr;
}

void NamespaceTable::AddHandshakes(const HandshakeBatch& batch, MonotonicTime now) {
  if (Entry* const entry = FindListed(batch.net_cookie, now); entry != nullptr) {
    entry->watch.AddHandshakes(batch);
  } else {
    AddOutcomes(growth_of_others_.handshakes.at(IndexOf(batch.direction)), batch);
  }
}

void NamespaceTable::OnDestroyed(const SocketRecord& record, MonotonicTime now) {
  if (Entry* const entry = FindListed(record.net_cookie, now); entry != nullptr) {
    entry->watch.OnDestroyed(record, now);
    return;
  }
  if (!full_poll_) return;  // what was open before does not count
  if (!unlisted_) {
    unlisted_ = std::make_unique<NamespaceWatch>(
        options_.watch, NamespaceRoom{connections_, listening_}, full_poll_);
  }
  unlisted_->OnDestroyed(record, now);
}

std::string_view NamespaceTable::NameOf(std::uint64_t cookie) const {
  const auto found = index_->by_cookie.find(cookie);
  if (found == index_->by_cookie.end()) return {};
  return found->second->identity.name;
}

void NamespaceTable::UseThresholds(const DiagnosisThresholds& thresholds) {
  options_.watch.thresholds = thresholds;
  for (const auto& entry : entries_) entry->watch.UseThresholds(thresholds);
}

void NamespaceTable::Judge(MonotonicTime now) {
  for (const auto& entry : entries_) {
    entry->watch.Diagnose(now);
    Book(*entry);
    NameIt(*entry, now);
  }
  if (unlisted_) growth_of_others_ += unlisted_->TakeGrowth();
  AssignPlaces(now);
  ObserveOthers(now);
}

void NamespaceTable::AssignPlaces(MonotonicTime now) {
  std::vector<PlaceCandidate<std::uint64_t>> existing;
  existing.reserve(entries_.size());
  for (const auto& entry : entries_) {
    const bool may_have_place =
        entry->has_place || entry->has_had_sockets || names_.IsGivenByRoot(entry->identity.cookie);
    if (!may_have_place) continue;
    existing.push_back({entry->identity.cookie, entry->watch.IsInTrouble(), entry->watch.load()});
  }
  places_.Reassign(existing, now);
  for (const auto& entry : entries_) {
    const bool had_place = std::exchange(entry->has_place, places_.Has(entry->identity.cookie));
    // Those that happened meanwhile are among the drops of the others, and stay there.
    if (entry->has_place && !had_place) entry->watch.RestartDrops();
  }
}

NamespaceCounts NamespaceTable::CountOthers(MonotonicTime now) const {
  NamespaceCounts others;
  for (const auto& entry : entries_) {
    if (!entry->has_place) entry->watch.AddLevels(others, now);
  }
  SetCounters(others, growth_of_others_);
  others.listeners.other.drops = growth_of_others_.drops.refused;
  others.listeners.other.socket_drops = growth_of_others_.drops.counted;
  return others;
}

void NamespaceTable::ObserveOthers(MonotonicTime now) {
  const ListenerStatus others = CountOthers(now).listeners.other;
  accept_peak_of_others_.Observe(now, others.accept_queue.length);
  syn_peak_of_others_.Observe(now, others.syn_queue.length);
}

NetworkNamespaces NamespaceTable::List(MonotonicTime now) const {
  NetworkNamespaces list{.shown = {}, .other = CountOthers(now), .left_out = left_out_.size()};
  ListenerStatus& others = list.other.listeners.other;
  others.accept_queue.peak = std::max(others.accept_queue.peak, accept_peak_of_others_.Get(now));
  others.syn_queue.peak = std::max(others.syn_queue.peak, syn_peak_of_others_.Get(now));
  list.seen = entries_.size();
  for (const auto& entry : entries_) {
    if (names_.IsUnnamed(entry->identity.cookie)) ++list.unnamed;
    const bool is_in_trouble = entry->watch.IsInTrouble();
    if (!entry->has_place) {
      ++list.folded;
      if (is_in_trouble) ++list.folded_in_trouble;
      continue;
    }
    NetworkNamespace& shown = list.shown.emplace_back(
        NetworkNamespace{entry->identity, entry->watch.Levels(now), is_in_trouble});
    SetCounters(shown.counts, entry->growth);
  }
  std::ranges::sort(list.shown, {}, [](const NetworkNamespace& one) -> const std::string& {
    return one.identity.name;
  });
  return list;
}

}  // namespace connwatch
