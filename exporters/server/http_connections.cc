#include "exporters/server/http_connections.h"

#include <sys/socket.h>

#include <tuple>
#include <utility>

namespace connwatch {

HttpConnections::Id HttpConnections::Add(int fd, std::string client, MonotonicTime now) {
  const MutexLock lock(mutex_);
  if (open_ >= limits_.max_connections) MakeRoom();
  ++open_;
  ++open_of_[client];
  connections_[next_id_] = {.fd = fd,
                            .client = std::move(client),
                            .since = now,
                            .deadline = now + limits_.request_timeout,
                            .is_replying = false,
                            .closing = ConnectionClosing::kByOthers};
  return next_id_++;
}

void HttpConnections::MakeRoomForOne() {
  const MutexLock lock(mutex_);
  MakeRoom();
}

void HttpConnections::BeginReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = true;
  connection.since = now;
  connection.deadline = now + limits_.reply_timeout;
}

void HttpConnections::EndReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = false;
  connection.since = now;
  connection.deadline = now + limits_.request_timeout;
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
  Connection& connection = found->second;
  if (!connection.IsClosing()) {
    --open_;
    if (--open_of_[connection.client] == 0) open_of_.erase(connection.client);
  }
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
  --open_;
  if (--open_of_[connection.client] == 0) open_of_.erase(connection.client);
}

void HttpConnections::MakeRoom() {
  const auto rank = [this](const Connection& connection) CONNWATCH_REQUIRES(mutex_) {
    return std::tuple(open_of_.at(connection.client), MonotonicTime{} - connection.since,
                      !connection.is_replying);
  };
  Connection* victim = nullptr;
  for (auto& [id, connection] : connections_) {
    if (connection.IsClosing()) continue;
    if (victim == nullptr || rank(connection) > rank(*victim)) victim = &connection;
  }
  if (victim != nullptr) Close(*victim, ConnectionClosing::kForRoom);
}

}  // namespace connwatch
