#include "exporters/http_connections.h"

#include <sys/socket.h>

#include <utility>

namespace connwatch {

HttpConnections::Id HttpConnections::Add(int fd, std::string client, MonotonicTime now) {
  const MutexLock lock(mutex_);
  if (open_ >= limits_.max_connections) MakeRoom();
  ++open_;
  ++open_of_[client];
  connections_[next_id_] = {.fd = fd,
                            .client = std::move(client),
                            .deadline = now + limits_.request_timeout,
                            .is_replying = false,
                            .is_closing = false};
  return next_id_++;
}

void HttpConnections::BeginReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = true;
  connection.deadline = now + limits_.reply_timeout;
}

void HttpConnections::EndReply(Id id, MonotonicTime now) {
  const MutexLock lock(mutex_);
  Connection& connection = connections_.at(id);
  connection.is_replying = false;
  connection.deadline = now + limits_.request_timeout;
}

void HttpConnections::Remove(Id id) {
  const MutexLock lock(mutex_);
  const auto found = connections_.find(id);
  Connection& connection = found->second;
  if (!connection.is_closing) {
    --open_;
    if (--open_of_[connection.client] == 0) open_of_.erase(connection.client);
  }
  connections_.erase(found);
}

void HttpConnections::CloseOverdue(MonotonicTime now) {
  const MutexLock lock(mutex_);
  for (auto& [id, connection] : connections_) {
    if (!connection.is_closing && now >= connection.deadline) Close(connection);
  }
}

std::size_t HttpConnections::size() const {
  const MutexLock lock(mutex_);
  return connections_.size();
}

// shutdown(2) does not wait, and what holds the lock keeps the descriptor from being closed and
// its number from being used again. The server reads an end and closes.
void HttpConnections::Close(Connection& connection) {
  shutdown(connection.fd, SHUT_RDWR);
  connection.is_closing = true;
  --open_;
  if (--open_of_[connection.client] == 0) open_of_.erase(connection.client);
}

void HttpConnections::MakeRoom() {
  Connection* victim = Dispensable(/*is_replying=*/false);
  if (victim == nullptr) victim = Dispensable(/*is_replying=*/true);
  if (victim != nullptr) Close(*victim);
}

HttpConnections::Connection* HttpConnections::Dispensable(bool is_replying) {
  Connection* dispensable = nullptr;
  std::size_t most = 0;
  for (auto& [id, connection] : connections_) {
    if (connection.is_replying != is_replying || connection.is_closing) continue;
    const std::size_t of_client = open_of_[connection.client];
    if (of_client > most) {
      most = of_client;
      dispensable = &connection;
    }
  }
  return dispensable;
}

}  // namespace connwatch
