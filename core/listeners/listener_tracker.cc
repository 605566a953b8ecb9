#include "core/listeners/listener_tracker.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "core/listeners/diagnose.h"
#include "core/listeners/trouble.h"

namespace connwatch {

namespace {

// Returns the busiest sources first. Sources with equal counts are in the order of their prefixes,
// so that the order does not depend on the hash.
std::vector<SourceCount> TopSources(
    const std::unordered_map<std::uint64_t, std::uint32_t>& sources) {
  std::vector<SourceCount> all;
  all.reserve(sources.size());
  for (const auto& [prefix, count] : sources) all.push_back({prefix, count});
  const std::size_t kept = std::min(all.size(), ListenerStatus::kMaxTopSources);
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept),
                            [](const SourceCount& a, const SourceCount& b) {
                              return a.count != b.count ? a.count > b.count : a.prefix < b.prefix;
                            });
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept)};
}

}  // namespace

// The latest drop count of each listening socket, by cookie.
struct ListenerTracker::DropCounts {
  using ByCookie = tsl::robin_map<std::uint64_t, std::uint32_t>;

  // The count wraps at 2^32. If it has gone back by less than half of that, this is a later socket
  // that is known by the same number (core/sockets/socket_record.h, `cookie`).
  static std::uint64_t Growth(std::uint32_t before, std::uint32_t now) {
    const std::uint32_t growth = now - before;
    return growth > std::numeric_limits<std::uint32_t>::max() / 2 ? now : growth;
  }

  // Returns what `record` adds to its listener's count.
  std::uint64_t Advance(const SocketRecord& record) {
    if (!record.drops) return 0;
    next[record.cookie] = *record.drops;
    for (const ByCookie* counts : {&latest, &before_latest}) {
      const auto known = counts->find(record.cookie);
      if (known != counts->end()) return Growth(known->second, *record.drops);
    }
    return is_first_update ? 0 : *record.drops;
  }

  void EndUpdate() {
    before_latest = std::exchange(latest, std::exchange(next, {}));
    is_first_update = false;
  }

  ByCookie latest;
  ByCookie before_latest;  // because one walk may miss a socket
  ByCookie next;           // of the update in progress; sockets that are gone are not in it
  bool is_first_update = true;
};

void FollowedListener::SetPeaks(MonotonicTime now, ListenerStatus& into) const {
  into.accept_queue.peak = accept_peak.Get(now);
  into.accept_queue.peak_utilization = utilization_peak.Get(now);
  into.syn_queue.peak = syn_peak.Get(now);
}

ListenerTracker::ListenerTracker(const ListenerTrackerOptions& options)
    : options_(options),
      places_(options.max_listeners),
      other_(options.peak_window),
      drop_counts_(std::make_unique<DropCounts>()) {}

ListenerTracker::~ListenerTracker() = default;

template <typename Action>
void ListenerTracker::ForEachEntry(Action action) {
  for (auto& [key, entry] : entries_) action(entry);
  action(other_);
}

ListenerTracker::Entry& ListenerTracker::EntryOf(const ListenerKey& key, MonotonicTime now) {
  const auto known = entries_.find(key);
  if (known != entries_.end()) {
    known->second.last_seen = now;
    return known->second;
  }
  if (entries_.size() >= MaxEntries()) {
    not_followed_.insert(key);
    return other_;
  }
  Entry& entry = entries_.emplace(key, Entry(options_.peak_window)).first->second;
  entry.last_seen = now;
  places_.TakeFree(key, now);
  entry.has_place = places_.Has(key);
  return entry;
}

void ListenerTracker::ForgetVanished(MonotonicTime now) {
  // If there is no room for a new listener, vanished ones are forgotten at once.
  const bool is_full = entries_.size() >= MaxEntries();
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return !entry.IsListening() && (is_full || now - entry.last_seen > kMemory);
  });
}

void ListenerTracker::UpdateAcceptQueues(std::span<const SocketRecord> listening,
                                         MonotonicTime now) {
  ForgetVanished(now);
  not_followed_.clear();
  ForEachEntry([](Entry& entry) {
    entry.status.accept_queue = {};
    entry.kinds = {};
    entry.drops.StartReading();
  });
  for (const SocketRecord& record : listening) {
    Entry& entry = EntryOf({record.local, record.interface}, now);
    const SocketQueue queue{.length = record.receive_queue, .limit = record.send_queue};
    entry.status.accept_queue.Add(queue);
    entry.kinds.Add(record);
    entry.drops.AddGrowth(drop_counts_->Advance(record));
    if (queue.IsFull()) entry.drops.NoteFullQueue();
    if (record.cgroup_id) entry.status.cgroup_id = record.cgroup_id;
  }
  drop_counts_->EndUpdate();
  AttributeDrops();
  ObserveAcceptQueues(now);
}

void ListenerTracker::RepeatAcceptQueues(MonotonicTime now) {
  ForgetVanished(now);
  for (auto& [key, entry] : entries_) {
    if (entry.IsListening()) entry.last_seen = now;
  }
  ObserveAcceptQueues(now);
}

void ListenerTracker::AttributeDrops() {
  std::vector<ListenerDrops*> drops;
  ForEachEntry([&](Entry& entry) {
    if (entry.status.IsSynQueueAtLimit()) entry.drops.NoteFullQueue();
    drops.push_back(&entry.drops);
  });
  drop_attribution_.Attribute(drops);
  ForEachEntry([this](Entry& entry) { BookDrops(entry); });
}

void ListenerTracker::BookDrops(Entry& entry) {
  ListenerStatus& status = (entry.has_place ? entry : other_).status;
  const DropTotals all{entry.drops.refused(), entry.drops.counted()};
  const DropTotals before = std::exchange(entry.booked, all);
  status.drops += all.refused - before.refused;
  status.socket_drops += all.counted - before.counted;
  new_drops_.refused += all.refused - before.refused;
  new_drops_.counted += all.counted - before.counted;
}

void ListenerTracker::RestartDrops() {
  ForEachEntry([](Entry& entry) { entry.status.drops = entry.status.socket_drops = 0; });
}

void ListenerTracker::ObserveAcceptQueues(MonotonicTime now) {
  const auto observe = [now](Entry& entry, const AcceptQueue& queue) {
    entry.accept_peak.Observe(now, queue.length);
    entry.utilization_peak.Observe(now, queue.Utilization().value_or(0));
    entry.longest_accept_queue = std::max(entry.longest_accept_queue, queue.length);
  };
  for (auto& [key, entry] : entries_) observe(entry, entry.status.accept_queue);
  observe(other_, AcceptQueueOfOthers());
}

void ListenerTracker::BeginSynQueues() {
  ForEachEntry([](Entry& entry) {
    entry.syn_queue_in_poll = {};
    entry.settled_in_poll = 0;
    entry.ages_in_poll = {};
    entry.sources_in_poll = {};  // gives the memory back, as clear() does not
  });
  prefixes_in_poll_ = 0;
}

ListenerTracker::Entry& ListenerTracker::ListenerOf(const SocketRecord& syn_recv) {
  for (const ListenerKey& key : CandidatesFor(syn_recv)) {
    const auto entry = entries_.find(key);
    if (entry != entries_.end() && entry->second.kinds.CanOwn(syn_recv)) return entry->second;
  }
  return other_;
}

void ListenerTracker::AddSynRecv(const SocketRecord& record, std::chrono::milliseconds age) {
  // The SYN-ACK is due again after 1 s, so 3 s leave no doubt.
  constexpr std::chrono::seconds kSettledAge{3};
  Entry& entry = ListenerOf(record);
  ++entry.syn_queue_in_poll.length;
  if (record.retransmissions > 0) ++entry.syn_queue_in_poll.retransmitting;
  if (record.retransmissions == 0 && age >= kSettledAge) ++entry.settled_in_poll;
  entry.ages_in_poll.Add(age);
  const std::uint64_t prefix = record.remote.address.SourcePrefix();
  const bool has_room =
      entry.sources_in_poll.size() < kMaxPrefixes && prefixes_in_poll_ < kMaxPrefixesInAll;
  const auto known = entry.sources_in_poll.find(prefix);
  if (known != entry.sources_in_poll.end()) {
    ++known->second;
  } else if (has_room) {
    entry.sources_in_poll.emplace(prefix, 1U);
    ++prefixes_in_poll_;
  }
}

HandshakeSigns ListenerTracker::SignsOf(const Entry& entry, std::chrono::duration<double> elapsed) {
  const auto per_second = [elapsed](double difference) {
    return elapsed.count() > 0 ? difference / elapsed.count() : 0.0;
  };
  const auto length = static_cast<double>(entry.syn_queue_in_poll.length);
  const auto before = static_cast<double>(entry.status.syn_queue.length);
  const auto new_drops = static_cast<double>(entry.drops.refused() - entry.drops_at_commit);
  const auto& top_sources = entry.status.top_sources;
  return {.drops_per_second = per_second(new_drops),
          .syn_queue_growth_per_second = per_second(length - before),
          .settled = entry.settled_in_poll,
          .ages = entry.ages_in_poll,
          .source_prefixes = entry.sources_in_poll.size(),
          .top_source_ratio =
              top_sources.empty() ? 0 : static_cast<double>(top_sources.front().count) / length,
          .host = {}};
}

void ListenerTracker::KeepRecent(Entry& entry, std::uint64_t before, MonotonicTime now) const {
  SampleWindow& recent = entry.recent;
  const std::uint64_t length = entry.status.syn_queue.length;
  if (recent.samples().empty()) {
    if (length == 0) return;
    if (latest_commit_) recent.Add({*latest_commit_, static_cast<double>(before)});
  }
  recent.Add({now, static_cast<double>(length)});
  const auto is_zero = [](const Sample& sample) { return sample.value == 0; };
  if (std::ranges::all_of(recent.samples(), is_zero)) recent.Clear();
}

void ListenerTracker::CommitSynQueues(MonotonicTime now) {
  const std::chrono::duration<double> elapsed = now - latest_commit_.value_or(now);
  const double kept = std::exp(-elapsed / kLoadMemory);
  ForEachEntry([&](Entry& entry) {
    entry.status.top_sources = TopSources(entry.sources_in_poll);
    entry.status.signs = SignsOf(entry, elapsed);
    entry.drops_at_commit = entry.drops.refused();
    const std::uint64_t before =
        std::exchange(entry.status.syn_queue, entry.syn_queue_in_poll).length;
    entry.syn_peak.Observe(now, entry.status.syn_queue.length);
    KeepRecent(entry, before, now);
    const std::uint64_t waiting =
        std::exchange(entry.longest_accept_queue, 0) + entry.status.syn_queue.length;
    entry.load = kept * entry.load + (1 - kept) * static_cast<double>(waiting);
  });
  other_.syn_peak.Observe(now, SynQueueOfOthers().length);
  latest_commit_ = now;
}

void ListenerTracker::Diagnose(const HostRates& rates, MonotonicTime now) {
  for (auto& [key, entry] : entries_) {
    entry.status.signs.host = rates;
    entry.SetPeaks(now, entry.status);
    entry.status.diagnosis = connwatch::Diagnose(entry.status, options_.thresholds);
  }
  AssignPlaces(now);
}

void ListenerTracker::AssignPlaces(MonotonicTime now) {
  in_trouble_ = 0;
  std::vector<PlaceCandidate<ListenerKey>> listening;
  for (auto& [key, entry] : entries_) {
    entry.is_in_trouble = entry.IsListening() && IsInTrouble(entry.status, options_.thresholds);
    if (entry.is_in_trouble) ++in_trouble_;
    if (entry.IsListening()) listening.push_back({key, entry.is_in_trouble, entry.load});
  }
  places_.Reassign(listening, now);
  for (auto& [key, entry] : entries_) entry.has_place = places_.Has(key);
}

ListenerStatus ListenerTracker::StatusOf(const Entry& entry, MonotonicTime now) {
  ListenerStatus status = entry.status;
  entry.SetPeaks(now, status);
  status.recent_syn_queue = entry.recent.samples();
  return status;
}

AcceptQueue ListenerTracker::AcceptQueueOfOthers() const {
  AcceptQueue sum = other_.status.accept_queue;
  for (const auto& [key, entry] : entries_) {
    if (!entry.has_place) sum.Merge(entry.status.accept_queue);
  }
  return sum;
}

SynQueue ListenerTracker::SynQueueOfOthers() const {
  SynQueue sum = other_.status.syn_queue;
  for (const auto& [key, entry] : entries_) {
    if (entry.has_place || !entry.IsListening()) continue;
    sum.length += entry.status.syn_queue.length;
    sum.retransmitting += entry.status.syn_queue.retransmitting;
  }
  return sum;
}

ListenerStatus ListenerTracker::StatusOfOthers(MonotonicTime now) const {
  ListenerStatus status;
  status.drops = other_.status.drops;
  status.socket_drops = other_.status.socket_drops;
  status.accept_queue = AcceptQueueOfOthers();
  status.syn_queue = SynQueueOfOthers();
  // A listener may have lost its place since the peaks were observed.
  status.accept_queue.peak = std::max(other_.accept_peak.Get(now), status.accept_queue.length);
  status.accept_queue.peak_utilization =
      std::max(other_.utilization_peak.Get(now), status.accept_queue.Utilization().value_or(0));
  status.syn_queue.peak = std::max(other_.syn_peak.Get(now), status.syn_queue.length);
  return status;
}

QueueSums ListenerTracker::Sum(MonotonicTime now) const {
  QueueSums sum{other_.status.accept_queue, other_.status.syn_queue,
                not_followed_.size() + left_out_};
  for (const auto& [key, entry] : entries_) {
    if (!entry.IsListening()) continue;
    ++sum.listeners;
    sum.accept_queue.Merge(entry.status.accept_queue);
    sum.syn_queue.length += entry.status.syn_queue.length;
    sum.syn_queue.retransmitting += entry.status.syn_queue.retransmitting;
    AcceptQueue& queue = sum.accept_queue;
    queue.peak = std::max(queue.peak, entry.accept_peak.Get(now));
    queue.peak_utilization = std::max(queue.peak_utilization, entry.utilization_peak.Get(now));
    sum.syn_queue.peak = std::max(sum.syn_queue.peak, entry.syn_peak.Get(now));
  }
  return sum;
}

ListenerList ListenerTracker::List(MonotonicTime now) const {
  ListenerList list;
  for (const auto& [key, entry] : entries_) {
    if (!entry.IsListening()) continue;
    if (entry.has_place) {
      list.listeners.push_back({key, StatusOf(entry, now)});
      continue;
    }
    ++list.folded;
    if (entry.is_in_trouble) ++list.folded_in_trouble;
  }
  list.other = StatusOfOthers(now);
  list.folded += not_followed_.size() + left_out_;
  return list;
}

}  // namespace connwatch
