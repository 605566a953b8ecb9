// The bodies of replies that clients have not taken yet, of all servers together. A client that
// reads slowly makes the daemon keep a body that nobody else needs any more. So all bodies together
// may take kMaxBytesHeld. When they would take more, the connections of slow readers are closed.
//
// A limit of bytes for each client was rejected: with many addresses it bounds nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "exporters/http/http_message.h"

namespace connwatch {

class HeldBodies;

/// The body of one reply, counted as long as this lives. May be used from several threads.
class HeldBody {
 public:
  using Id = std::uint64_t;

  /// For HeldBodies::Hold.
  HeldBody(HeldBodies& held, Id id) : held_(held), id_(id) {}
  ~HeldBody();
  HeldBody(const HeldBody&) = delete;
  HeldBody& operator=(const HeldBody&) = delete;

  /// The complete body; null if it was given up, or if it is a BodyStream.
  std::shared_ptr<const std::string> body() const;
  /// Returns true iff the connection was closed because its client was too slow.
  bool IsGivenUp() const;

 private:
  HeldBodies& held_;
  const Id id_;
};

/// May be used from several threads.
class HeldBodies {
 public:
  /// The memory of all bodies together, in bytes. A body that several replies share counts once. A
  /// single body may be larger. A BodyStream counts what it has in memory at the moment. It may
  /// grow beyond the limit until the next call of Hold.
  static constexpr std::size_t kMaxBytesHeld = std::size_t{32} * 1024 * 1024;
  /// Who has had this long to read a reply is slow.
  static constexpr std::chrono::seconds kSlowAfter{5};

  struct Reader {
    int fd = -1;         // of the connection
    std::string client;  // see ClientNetwork
  };

  /// `max_bytes` is for tests.
  explicit HeldBodies(std::size_t max_bytes = kMaxBytesHeld) : max_bytes_(max_bytes) {}
  ~HeldBodies() = default;
  HeldBodies(const HeldBodies&) = delete;
  HeldBodies& operator=(const HeldBodies&) = delete;

  /// Counts the body of `reply` until the result is destroyed. `reader.fd` must stay open until
  /// then, and this must outlive it. If all bodies together are too large, this first gives others
  /// up and closes their connections with shutdown(2): those of slow readers, the oldest first, and
  /// if there is none, those of the client that reads the most replies at a time. It spares whoever
  /// reads the same body.
  std::shared_ptr<HeldBody> Hold(Reader reader, const HttpReply& reply, MonotonicTime now);

  /// The memory of all bodies that were not given up, in bytes.
  std::size_t bytes() const;

 private:
  friend class HeldBody;
  using Id = HeldBody::Id;
  using Body = std::shared_ptr<const std::string>;

  struct Entry {
    Reader reader;
    MonotonicTime since;
    // Both are null once the body was given up.
    Body body;
    std::shared_ptr<BodyStream> stream;
    bool is_given_up = false;

    bool IsSlow(MonotonicTime now) const { return now - since >= kSlowAfter; }
  };

  std::size_t Bytes() const CONNWATCH_REQUIRES(mutex_);
  // The one to give up next, or null. Spares `newest` and whoever reads the same body.
  Entry* NextToGiveUp(const Entry& newest, MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  // Both return the body, for the caller to free outside the lock.
  [[nodiscard]] Body GiveUp(Entry& entry) CONNWATCH_REQUIRES(mutex_);
  [[nodiscard]] Body Drop(Entry& entry) CONNWATCH_REQUIRES(mutex_);
  void Release(Id id);

  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  Id next_id_ CONNWATCH_GUARDED_BY(mutex_) = 1;
  std::map<Id, Entry> entries_ CONNWATCH_GUARDED_BY(mutex_);  // the oldest first
  // How many entries have a body, and how many a client has. Both without those given up.
  std::unordered_map<const std::string*, std::size_t> readers_of_ CONNWATCH_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::size_t> entries_of_ CONNWATCH_GUARDED_BY(mutex_);
  std::size_t body_bytes_ CONNWATCH_GUARDED_BY(mutex_) = 0;  // of readers_of_
};

}  // namespace connwatch
