// The LISTEN sockets of one network namespace, as the latest poll of the listeners tier found them,
// and whether that poll found anything else than the one before. A host may have thousands of
// listeners in hundreds of namespaces, which are polled ten times a second and nearly always are as
// they were. To see that costs a hundredth of what it costs to follow each of them anew.
//
// Each record is compared with the one that came in its place in the poll before, because a walk
// keeps its order as long as nothing changes. So nothing is copied while nothing changes, and the
// records of a poll that found something else are all there when it ends. A walk in another order
// counts as a change, which costs only time. Rejected: a digest of the records. It needs less
// memory but a second pass to gather the records, and two changes might cancel each other out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/allowance.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

class ListeningSockets {
 public:
  /// The most that are remembered of one namespace.
  static constexpr std::size_t kMaxSockets = 4'096;

  /// `room` is shared by all namespaces, and must outlive this.
  explicit ListeningSockets(Allowance& room) : room_(room) {}
  ~ListeningSockets() { room_.GiveBack(records_.size()); }
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // For a poll, call Begin, then Add or Keep once for each LISTEN socket, then Complete. If the
  // poll fails, do not call Complete; the next Begin starts anew. If it is known that the sockets
  // are those of the poll before, call only Change for each that is not as it was, then Complete.
  void Begin() {
    position_ = 0;
    left_out_ = 0;
    is_counting_ = true;
  }
  /// Returns the number of the socket, from 0 on. nullopt: there was no room for it.
  std::optional<std::size_t> Add(const SocketRecord& record) {
    const bool is_known = position_ < records_.size();
    if (is_known && IsSame(records_[position_], record)) return position_++;
    return Replace(record);
  }
  /// The next socket is as it was.
  void Keep() { ++position_; }
  /// `record` is number `index` of the poll before.
  void Change(std::size_t index, const SocketRecord& record) {
    records_[index] = record;
    has_changed_ = true;
  }
  /// Returns true iff there was any difference to the poll for which it was called before.
  bool Complete();

  /// Of the latest complete poll, until the next Begin.
  std::span<const SocketRecord> records() const { return records_; }
  /// How many sockets of the poll there was no room for.
  std::uint64_t left_out() const { return left_out_; }

 private:
  static bool IsSame(const SocketRecord& one, const SocketRecord& other) {
    return one.cookie == other.cookie && one.receive_queue == other.receive_queue &&
           one.send_queue == other.send_queue && one.drops == other.drops &&
           one.interface == other.interface && one.local == other.local;
  }
  std::optional<std::size_t> Replace(const SocketRecord& record);

  Allowance& room_;
  std::vector<SocketRecord> records_;
  std::size_t position_ = 0;  // those before it are of the poll in progress
  bool is_counting_ = false;  // since Begin
  std::uint64_t left_out_ = 0;
  std::uint64_t told_left_out_ = 0;  // when Complete was called last
  bool has_changed_ = false;         // since Complete was called last
};

}  // namespace connwatch
