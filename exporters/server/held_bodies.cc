#include "exporters/server/held_bodies.h"

#include <sys/socket.h>

#include <tuple>
#include <utility>
#include <vector>

namespace connwatch {

HeldBody::~HeldBody() { held_.Release(id_); }

std::shared_ptr<const std::string> HeldBody::body() const {
  const MutexLock lock(held_.mutex_);
  return held_.entries_.at(id_).body;
}

bool HeldBody::IsGivenUp() const {
  const MutexLock lock(held_.mutex_);
  return held_.entries_.at(id_).is_given_up;
}

std::shared_ptr<HeldBody> HeldBodies::Hold(Reader reader, const HttpReply& reply,
                                           MonotonicTime now) {
  std::vector<Body> to_free;  // before the lock, so that it is freed after it
  const MutexLock lock(mutex_);
  const Id id = next_id_++;
  ++entries_of_[reader.client];
  Entry& newest = entries_[id];
  newest = {.reader = std::move(reader),
            .since = now,
            .body = reply.stream ? nullptr : reply.body,
            .stream = reply.stream,
            .is_given_up = false};
  if (newest.body && ++readers_of_[newest.body.get()] == 1) body_bytes_ += newest.body->capacity();
  while (Bytes() > max_bytes_) {
    Entry* const next = NextToGiveUp(newest, now);
    if (next == nullptr) break;
    to_free.push_back(GiveUp(*next));
  }
  return std::make_shared<HeldBody>(*this, id);
}

std::size_t HeldBodies::bytes() const {
  const MutexLock lock(mutex_);
  return Bytes();
}

std::size_t HeldBodies::Bytes() const {
  std::size_t bytes = body_bytes_;
  for (const auto& [id, entry] : entries_) {
    if (entry.stream) bytes += entry.stream->unread_bytes();
  }
  return bytes;
}

HeldBodies::Entry* HeldBodies::NextToGiveUp(const Entry& newest, MonotonicTime now) {
  const auto rank = [&](const Entry& entry) CONNWATCH_REQUIRES(mutex_) {
    const bool is_slow = entry.IsSlow(now);
    return std::tuple(is_slow, is_slow ? 0 : entries_of_.at(entry.reader.client),
                      MonotonicTime{} - entry.since);
  };
  Entry* next = nullptr;
  for (auto& [id, entry] : entries_) {
    if (entry.is_given_up || &entry == &newest || (entry.body && entry.body == newest.body)) {
      continue;
    }
    if (entry.stream && entry.stream->unread_bytes() == 0) continue;  // that would free nothing
    if (next == nullptr || rank(entry) > rank(*next)) next = &entry;
  }
  return next;
}

// shutdown(2) does not wait. Its server then notices the end of the connection, and destroys the
// HeldBody before it closes the descriptor.
HeldBodies::Body HeldBodies::GiveUp(Entry& entry) {
  shutdown(entry.reader.fd, SHUT_RDWR);
  entry.is_given_up = true;
  return Drop(entry);
}

HeldBodies::Body HeldBodies::Drop(Entry& entry) {
  if (--entries_of_.at(entry.reader.client) == 0) entries_of_.erase(entry.reader.client);
  if (entry.body && --readers_of_.at(entry.body.get()) == 0) {
    readers_of_.erase(entry.body.get());
    body_bytes_ -= entry.body->capacity();
  }
  entry.stream.reset();  // the server has it, too
  return std::exchange(entry.body, nullptr);
}

void HeldBodies::Release(Id id) {
  Body to_free;  // before the lock, so that it is freed after it
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (!found->second.is_given_up) to_free = Drop(found->second);
  entries_.erase(found);
}

}  // namespace connwatch
