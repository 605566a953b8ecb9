#include "core/connections/ended_connections.h"

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

struct Entry {
  EndedConnection ended;
  /// It ended, or its mini-socket was met, since the latest poll began.
  bool is_fresh = true;
};

}  // namespace

// The keys are hashes of both endpoints. If two collide, a byte or the direction of a mini-socket
// may be wrong.
struct EndedConnections::Table {
  tsl::robin_map<std::uint64_t, Entry> entries;
};

EndedConnections::EndedConnections() : table_(std::make_unique<Table>()) {}

EndedConnections::~EndedConnections() = default;

void EndedConnections::Add(const SocketRecord& destroyed, EndedConnection ended) {
  if (table_->entries.size() >= kMaxConnections) return;
  table_->entries.insert_or_assign(HashOf(destroyed), Entry{ended});
}

std::optional<EndedConnection> EndedConnections::Meet(const SocketRecord& mini_socket) {
  const auto found = table_->entries.find(HashOf(mini_socket));
  if (found == table_->entries.end()) return std::nullopt;
  Entry& entry = found.value();
  const EndedConnection ended = entry.ended;
  entry.ended.is_fin_doubtful = false;
  entry.is_fresh = true;
  return ended;
}

std::optional<EndedConnection> EndedConnections::Take(const SocketRecord& successor) {
  if (table_->entries.empty()) return std::nullopt;
  const auto found = table_->entries.find(HashOf(successor));
  if (found == table_->entries.end()) return std::nullopt;
  const EndedConnection ended = found->second.ended;
  table_->entries.erase(found);
  return ended;
}

void EndedConnections::Release(const std::vector<bool>& is_released) {
  for (auto entry = table_->entries.begin(); entry != table_->entries.end(); ++entry) {
    GroupId& of = entry.value().ended.key.group;
    if (is_released[of.place]) of = kOtherGroup;
  }
}

void EndedConnections::BeginPoll() {
  for (auto entry = table_->entries.begin(); entry != table_->entries.end(); ++entry) {
    entry.value().is_fresh = false;
  }
}

void EndedConnections::CompletePoll() {
  for (auto entry = table_->entries.begin(); entry != table_->entries.end();) {
    if (entry->second.is_fresh) {
      ++entry;
    } else {
      entry = table_->entries.erase(entry);
    }
  }
}

}  // namespace connwatch
