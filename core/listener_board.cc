#include "core/listener_board.h"

#include <tsl/robin_map.h>

#include <optional>
#include <utility>

namespace connwatch {

// The latest drop count of each listening socket, by cookie.
struct ListenerBoard::DropCounts {
  using ByCookie = tsl::robin_map<std::uint64_t, std::uint32_t>;

  // What `record` adds to its listener's count.
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
  ByCookie next;  // of the update in progress: sockets that are gone do not come along
  bool is_first_update = true;
};

ListenerBoard::ListenerBoard(const ListenerBoardOptions& options)
    : options_(options),
      other_(options.peak_window),
      drop_counts_(std::make_unique<DropCounts>()) {}

ListenerBoard::~ListenerBoard() = default;

template <typename Action>
void ListenerBoard::ForEachEntry(Action action) {
  for (auto& [address, entry] : entries_) action(entry);
  action(other_);
}

ListenerBoard::Entry& ListenerBoard::EntryOf(const Endpoint& address, MonotonicTime now) {
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

void ListenerBoard::ForgetVanished(MonotonicTime now) {
  // Without room for a new one, those that are gone go first.
  const bool is_full = entries_.size() >= options_.max_listeners;
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    return entry.last_seen < latest_update_ && (is_full || now - entry.last_seen > kMemory);
  });
}

void ListenerBoard::UpdateAcceptQueues(std::span<const SocketRecord> listening, MonotonicTime now) {
  ForgetVanished(now);
  folded_.clear();
  ForEachEntry([](Entry& entry) { entry.status.accept_queue = {}; });
  for (const SocketRecord& record : listening) {
    ListenerStatus& status = EntryOf(record.local, now).status;
    status.accept_queue.Add(record.receive_queue, record.send_queue);
    status.drops += drop_counts_->Advance(record);
    if (record.cgroup_id) status.cgroup_id = record.cgroup_id;
  }
  drop_counts_->EndUpdate();
  latest_update_ = now;
  ForEachEntry(
      [now](Entry& entry) { entry.accept_peak.Observe(now, entry.status.accept_queue.length); });
}

void ListenerBoard::BeginSynQueues() {
  ForEachEntry([](Entry& entry) { entry.syn_queue_in_poll = {}; });
}

ListenerBoard::Entry& ListenerBoard::ListenerOf(const SocketRecord& syn_recv) {
  const IpAddress wildcard =
      syn_recv.socket_family == AddressFamily::kIpv4 ? IpAddress::AnyIpv4() : IpAddress::AnyIpv6();
  for (const IpAddress& address : {syn_recv.local.address, wildcard}) {
    const auto entry = entries_.find({address, syn_recv.local.port});
    if (entry != entries_.end()) return entry->second;
  }
  return other_;
}

void ListenerBoard::AddSynRecv(const SocketRecord& record) {
  SynQueue& queue = ListenerOf(record).syn_queue_in_poll;
  ++queue.length;
  if (record.retransmissions > 0) ++queue.retransmitting;
}

void ListenerBoard::CommitSynQueues(MonotonicTime now) {
  ForEachEntry([now](Entry& entry) {
    entry.status.syn_queue = entry.syn_queue_in_poll;
    entry.syn_peak.Observe(now, entry.status.syn_queue.length);
  });
}

ListenerStatus ListenerBoard::StatusOf(const Entry& entry, MonotonicTime now) const {
  ListenerStatus status = entry.status;
  status.accept_queue.peak = entry.accept_peak.Get(now);
  status.syn_queue.peak = entry.syn_peak.Get(now);
  return status;
}

ListenerTable ListenerBoard::Table(MonotonicTime now) const {
  ListenerTable table;
  for (const auto& [address, entry] : entries_) {
    if (entry.last_seen == latest_update_) {
      table.listeners.push_back({address, StatusOf(entry, now)});
    }
  }
  table.other = StatusOf(other_, now);
  table.folded = folded_.size();
  return table;
}

}  // namespace connwatch
