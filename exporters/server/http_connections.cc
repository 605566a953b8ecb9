#include "exporters/server/http_connections.h"

#include <sys/socket.h>

#include <algorithm>

#include "exporters/server/received_bytes.h"

namespace connwatch {

// A FIN behind the request may count as one byte that was read.
bool HttpConnections::Connection::HasUnreadRequest() const {
  constexpr std::uint64_t kFinSlack = 1;
  const bool has_unread_bytes = !is_replying && UnreadBytesOf(fd) > 0;
  return has_unread_bytes && ReadBytesOf(fd).value_or(0) <= read_before + kFinSlack;
}

HttpConnections::Id HttpConnections::Add(int fd, const std::string& client, MonotonicTime now) {
  const MutexLock lock(mutex_);
  const auto others = open_of_.find(client);
  const bool is_full = limits_.max_per_client > 0 && others != open_of_.end() &&
                       others->second.size() >= limits_.max_per_client;
  const bool is_refused = is_full && !MakeRoomOf(client, now);
  if (!is_refused && open_ >= limits_.max_connections) MakeRoom(now);
  const Id id = next_id_++;
  Connection& connection = connections_[id];
  connection.id = id;
  connection.fd = fd;
  connection.client = client;
  connection.since = now;
  connection.deadline = now + limits_.request_timeout;
  ++open_;
  open_of_[client].insert(id);
  if (is_refused) Close(connection, ConnectionClosing::kRefused);
  return id;
}

void HttpConnections::MakeRoomForOne(MonotonicTime now) {
  const MutexLock lock(mutex_);
  MakeRoom(now);
}

bool HttpConnections::BeginReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = true;
  connection.since = now;
  connection.deadline = now + limits_.reply_timeout;
  return !connection.IsClosing();
}

void HttpConnections::EndReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = false;
  connection.since = now;
  connection.deadline = now + limits_.request_timeout;
  connection.read_before = ReadBytesOf(connection.fd).value_or(0);
}

ConnectionClosing HttpConnections::ClosingOf(Id id, MonotonicTime now) const {
  const MutexLock lock(mutex_);
  const Connection& connection = connections_.at(id);
  if (connection.IsClosing() || now < connection.deadline) return connection.closing;
  return ConnectionClosing::kOverdue;
}

void HttpConnections::Remove(Id id) {
  const MutexLock lock(mutex_);
  const auto found = connections_.find(id);
  if (!found->second.IsClosing()) Forget(found->second);
  connections_.erase(found);
}

void HttpConnections::CloseOverdue(MonotonicTime now) {
  const MutexLock lock(mutex_);
  for (auto& [id, connection] : connections_) {
    if (!connection.IsClosing() && now >= connection.deadline) {
      Close(connection, ConnectionClosing::kOverdue);
    }
  }
}

std::size_t HttpConnections::size() const {
  const MutexLock lock(mutex_);
  return connections_.size();
}

// shutdown(2) does not wait. While the lock is held, the descriptor cannot be closed, so its number
// cannot be used again. The server then reads an end of file and closes the connection.
void HttpConnections::Close(Connection& connection, ConnectionClosing why) {
  shutdown(connection.fd, SHUT_RDWR);
  connection.closing = why;
  Forget(connection);
}

void HttpConnections::Forget(const Connection& connection) {
  --open_;
  const auto of_client = open_of_.find(connection.client);
  of_client->second.erase(connection.id);
  if (of_client->second.empty()) open_of_.erase(of_client);
}

bool HttpConnections::MakeRoomOf(const std::string& client, MonotonicTime now) {
  std::vector<Connection*> waiting;
  std::vector<Connection*> slow;  // to read their reply
  for (const Id id : open_of_.at(client)) {
    Connection& connection = connections_.at(id);
    if (!connection.is_replying) {
      waiting.push_back(&connection);
    } else if (connection.HasWaitedLong(now)) {
      slow.push_back(&connection);
    }
  }
  std::ranges::stable_sort(waiting, {}, &Connection::since);
  const auto found = std::ranges::find_if_not(waiting, &Connection::HasUnreadRequest);
  if (found != waiting.end()) {
    Close(**found, ConnectionClosing::kForSameClient);
  } else if (!slow.empty()) {
    Close(**std::ranges::min_element(slow, {}, &Connection::since),
          ConnectionClosing::kForSameClient);
  }
  return found != waiting.end() || !slow.empty();
}

HttpConnections::Standing HttpConnections::StandingOf(const Connection& connection,
                                                      MonotonicTime now) const {
  const bool has_request = connection.HasUnreadRequest();
  const bool is_silent =
      !connection.is_replying && !has_request && now - connection.since >= kShortWait;
  const auto of_client = static_cast<std::ptrdiff_t>(open_of_.at(connection.client).size());
  return {!(is_silent && connection.HasWaitedLong(now)),
          !is_silent,
          -of_client,
          has_request,
          connection.since,
          connection.is_replying};
}

// Asks the kernel twice for each connection, at most.
void HttpConnections::MakeRoom(MonotonicTime now) {
  Connection* victim = nullptr;
  Standing lowest{};
  for (auto& [id, connection] : connections_) {
    if (connection.IsClosing()) continue;
    const Standing standing = StandingOf(connection, now);
    if (victim != nullptr && standing >= lowest) continue;
    victim = &connection;
    lowest = standing;
  }
  if (victim != nullptr) Close(*victim, ConnectionClosing::kForRoom);
}

}  // namespace connwatch
