// Which listener a SYN-RECV socket belongs to, by the rules of the kernel's lookup. Pure.
// Sources: kernel net/ipv4/inet_hashtables.c (__inet_lookup_listener, compute_score),
// net/ipv6/inet6_hashtables.c, include/net/inet_sock.h (inet_request_bound_dev_if).
#pragma once

#include <array>
#include <cstddef>

#include "core/listeners/listener_key.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// The keys that the listener of one SYN-RECV socket may have, the most likely first.
class ListenerCandidates {
 public:
  /// The exact address, the IPv4 wildcard, the IPv6 wildcard; each with the interface and without.
  static constexpr std::size_t kMost = 6;

  const ListenerKey* begin() const { return keys_.data(); }
  const ListenerKey* end() const { return keys_.data() + count_; }

  void Add(const ListenerKey& key) { keys_.at(count_++) = key; }

 private:
  std::array<ListenerKey, kMost> keys_;
  std::size_t count_ = 0;
};

/// Which sockets a listener has.
struct ListenerSocketKinds {
  void Add(const SocketRecord& listening);
  /// True iff the SYN-RECV socket may have come from one of them.
  bool CanOwn(const SocketRecord& syn_recv) const;

  bool has_ipv4 = false;
  bool has_ipv6 = false;
  bool has_dual_stack = false;  // IPv6 that takes IPv4 as well
};

/// Returns the candidates in the order in which the kernel prefers listeners: the exact address
/// before the wildcards, and for both the interface before none. The listener is the first
/// candidate that has a socket of the family `syn_recv.socket_family`: a socket of family kIpv6
/// that is used for IPv4 has a listener of kIpv6, bound to the IPv4 address, to ::ffff:0.0.0.0
/// (which shows as 0.0.0.0) or to ::. A SYN-RECV socket with an interface may have a listener
/// without one, see SocketRecord::interface.
ListenerCandidates CandidatesFor(const SocketRecord& syn_recv);

}  // namespace connwatch
