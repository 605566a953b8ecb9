// The LISTEN sockets of all other network namespaces in the order in which the latest poll of the
// listeners tier met them. A walk keeps its order as long as no listener comes or goes, and nearly
// always finds each of them as it was. Then a poll reads this one list from its begin to its end,
// instead of memory in as many places as there are namespaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/namespaces/listening_sockets.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

class ListenerOrder {
 public:
  struct Place {
    std::uint64_t cookie = 0;
    std::uint32_t receive_queue = 0;
    std::uint32_t send_queue = 0;
    std::uint32_t drops = 0;
    std::uint32_t interface = 0;
    ListeningSockets* sockets = nullptr;  // of its namespace
    std::size_t index = 0;                // among these
  };

  /// A poll begins. It keeps the order until Leave() or Complete() is called.
  void Begin() {
    if (!is_whole_) places_.clear();
    met_ = 0;
    is_kept_ = true;
  }
  /// Returns true iff the poll keeps the order, and the socket of `record` is the next one. If its
  /// numbers have changed, the ListeningSockets of its namespace are told.
  bool Meet(const SocketRecord& record) {
    const bool is_next = is_kept_ && met_ < places_.size() && places_[met_].cookie == record.cookie;
    if (!is_next) return false;
    Place& place = places_[met_++];
    if (!IsSame(place, record)) {
      place = PlaceOf(record, *place.sockets, place.index);
      place.sockets->Change(place.index, record);
    }
    return true;
  }
  /// The poll does not keep the order any more. Returns the places that it has met. The others are
  /// forgotten. From now on the caller must call Append() or Omit() for each socket.
  std::span<const Place> Leave() {
    is_kept_ = false;
    is_whole_ = true;
    places_.resize(met_);
    return places_;
  }
  /// `record` is number `index` of `sockets`, which must live until Clear().
  void Append(const SocketRecord& record, ListeningSockets& sockets, std::size_t index) {
    places_.push_back(PlaceOf(record, sockets, index));
  }
  /// There is no room for a socket of this poll. So the next poll does not keep the order.
  void Omit() { is_whole_ = false; }
  void Complete() { is_kept_ = false; }
  /// Forgets all places, so the next poll does not keep the order. Only while no poll keeps it.
  void Clear() {
    places_.clear();
    is_whole_ = false;
  }

  bool is_kept() const { return is_kept_; }
  /// Returns true iff the poll has met every socket that is remembered.
  bool HasMetAll() const { return is_whole_ && met_ == places_.size(); }

 private:
  static Place PlaceOf(const SocketRecord& record, ListeningSockets& sockets, std::size_t index) {
    return {record.cookie,
            record.receive_queue,
            record.send_queue,
            record.drops.value_or(0),
            record.interface,
            &sockets,
            index};
  }
  static bool IsSame(const Place& place, const SocketRecord& record) {
    return place.receive_queue == record.receive_queue && place.send_queue == record.send_queue &&
           place.drops == record.drops.value_or(0) && place.interface == record.interface;
  }

  std::vector<Place> places_;
  std::size_t met_ = 0;  // in the poll that keeps the order
  bool is_kept_ = false;
  bool is_whole_ = false;  // false if sockets are remembered, or were met, that are not in places_
};

}  // namespace connwatch
