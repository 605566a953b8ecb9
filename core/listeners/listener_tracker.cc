#include "core/listeners/listener_tracker.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/listeners/diagnose.h"

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

  // Returns what `record` adds to its listener's count.
  std::uint64_t Advance(const SocketRecord& record) {
    if (!record.drops) return 0;
    next[record.cookie] = *record.drops;
    const auto known = latest.find(record.cookie);
    if (known != latest.end()) return *record.drops - known->second;  // modulo 2^32, as it wraps
    return is_first_update ? 0 : *record.drops;
  }

  void EndUpdate() {
    latest = std::exchange(next, {});
    is_first_update = false;
  }

  ByCookie latest;
  ByCookie next;  // of the update in progress; sockets that are gone are not in it
  bool is_first_update = true;
};

ListenerTracker::ListenerTracker(const ListenerTrackerOptions& options)
    : options_(options),
      other_(options.peak_window),
      drop_counts_(std::make_unique<DropCounts>()) {}

ListenerTracker::~ListenerTracker() = default;

template <typename Action>
void ListenerTracker::ForEachEntry(Action action) {
  for (auto& [address, entry] : entries_) action(entry);
  action(other_);
}

ListenerTracker::Entry& ListenerTracker::EntryOf(const Endpoint& address, MonotonicTime now) {
  const auto known = entries_.find(address);
  if (known != entries_.end()) {
    known->second.last_seen = now;
    return known->second;
  }
  if (entries_.size() >= options_.max_listeners) {
    folded_.insert(address);
    return other_;
  }
  Entry& entry = entries_.emplace(address, Entry(options_.peak_window)).first->second;
  entry.last_seen = now;
  return entry;
}

void ListenerTracker::ForgetVanished(MonotonicTime now) {
  // If there is no room for a new listener, vanished ones are forgotten at once.
  const bool is_full = entries_.size() >= options_.max_listeners;
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return entry.last_seen < latest_update_ && (is_full || now - entry.last_seen > kMemory);
  });
}

void ListenerTracker::UpdateAcceptQueues(std::span<const SocketRecord> listening,
                                         MonotonicTime now) {
  ForgetVanished(now);
  folded_.clear();
  ForEachEntry([](Entry& entry) {
    entry.status.accept_queue = {};
    entry.drops.StartReading();
  });
  for (const SocketRecord& record : listening) {
    Entry& entry = EntryOf(record.local, now);
    entry.status.accept_queue.Add(record.receive_queue, record.send_queue);
    entry.drops.AddGrowth(drop_counts_->Advance(record));
    // kernel: sk_acceptq_is_full() of this one socket.
    if (record.receive_queue > record.send_queue) entry.drops.NoteFullQueue();
    if (record.cgroup_id) entry.status.cgroup_id = record.cgroup_id;
  }
  drop_counts_->EndUpdate();
  AttributeDrops();
  latest_update_ = now;
  ForEachEntry(
      [now](Entry& entry) { entry.accept_peak.Observe(now, entry.status.accept_queue.length); });
}

void ListenerTracker::AttributeDrops() {
  std::vector<ListenerDrops*> drops;
  ForEachEntry([&](Entry& entry) {
    if (entry.status.IsSynQueueAtLimit()) entry.drops.NoteFullQueue();
    drops.push_back(&entry.drops);
  });
  drop_attribution_.Attribute(drops);
  ForEachEntry([](Entry& entry) {
    entry.status.drops = entry.drops.refused();
    entry.status.socket_drops = entry.drops.counted();
  });
}

void ListenerTracker::BeginSynQueues() {
  ForEachEntry([](Entry& entry) {
    entry.syn_queue_in_poll = {};
    entry.settled_in_poll = 0;
    entry.ages_in_poll = {};
    entry.sources_in_poll.clear();
  });
}

ListenerTracker::Entry& ListenerTracker::ListenerOf(const SocketRecord& syn_recv) {
  const IpAddress wildcard =
      syn_recv.socket_family == AddressFamily::kIpv4 ? IpAddress::AnyIpv4() : IpAddress::AnyIpv6();
  for (const IpAddress& address : {syn_recv.local.address, wildcard}) {
    const auto entry = entries_.find({address, syn_recv.local.port});
    if (entry != entries_.end()) return entry->second;
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
  if (entry.sources_in_poll.size() < kMaxPrefixes || entry.sources_in_poll.contains(prefix)) {
    ++entry.sources_in_poll[prefix];
  }
}

HandshakeSigns ListenerTracker::SignsOf(const Entry& entry, std::chrono::duration<double> elapsed) {
  const auto per_second = [elapsed](double difference) {
    return elapsed.count() > 0 ? difference / elapsed.count() : 0.0;
  };
  const auto length = static_cast<double>(entry.syn_queue_in_poll.length);
  const auto before = static_cast<double>(entry.status.syn_queue.length);
  const auto new_drops = static_cast<double>(entry.status.drops - entry.drops_at_commit);
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
  ForEachEntry([&](Entry& entry) {
    entry.status.top_sources = TopSources(entry.sources_in_poll);
    entry.status.signs = SignsOf(entry, elapsed);
    entry.drops_at_commit = entry.status.drops;
    const std::uint64_t before =
        std::exchange(entry.status.syn_queue, entry.syn_queue_in_poll).length;
    entry.syn_peak.Observe(now, entry.status.syn_queue.length);
    KeepRecent(entry, before, now);
  });
  latest_commit_ = now;
}

void ListenerTracker::Diagnose(const HostRates& rates, MonotonicTime now) {
  for (auto& [address, entry] : entries_) {
    entry.status.signs.host = rates;
    entry.status.diagnosis = connwatch::Diagnose(StatusOf(entry, now), options_.thresholds);
  }
}

ListenerStatus ListenerTracker::StatusOf(const Entry& entry, MonotonicTime now) const {
  ListenerStatus status = entry.status;
  status.accept_queue.peak = entry.accept_peak.Get(now);
  status.syn_queue.peak = entry.syn_peak.Get(now);
  status.recent_syn_queue = entry.recent.samples();
  return status;
}

ListenerList ListenerTracker::List(MonotonicTime now) const {
  ListenerList list;
  for (const auto& [address, entry] : entries_) {
    if (entry.last_seen == latest_update_) {
      list.listeners.push_back({address, StatusOf(entry, now), ""});
    }
  }
  list.other = StatusOf(other_, now);
  list.folded = folded_.size();
  return list;
}

}  // namespace connwatch
