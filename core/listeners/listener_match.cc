#include "core/listeners/listener_match.h"

namespace connwatch {

void ListenerSocketKinds::Add(const SocketRecord& listening) {
  const bool is_ipv4 = listening.socket_family == AddressFamily::kIpv4;
  has_ipv4 = has_ipv4 || is_ipv4;
  has_ipv6 = has_ipv6 || !is_ipv4;
  has_dual_stack = has_dual_stack || (!is_ipv4 && !listening.is_v6_only);
}

bool ListenerSocketKinds::CanOwn(const SocketRecord& syn_recv) const {
  if (syn_recv.socket_family == AddressFamily::kIpv4) return has_ipv4;
  return syn_recv.local.address.family() == AddressFamily::kIpv4 ? has_dual_stack : has_ipv6;
}

ListenerCandidates CandidatesFor(const SocketRecord& syn_recv) {
  ListenerCandidates candidates;
  const auto add = [&](const IpAddress& address, std::uint32_t interface) {
    candidates.Add({{address, syn_recv.local.port}, interface});
  };
  const bool is_ipv4 = syn_recv.local.address.family() == AddressFamily::kIpv4;
  const bool is_of_ipv6 = syn_recv.socket_family == AddressFamily::kIpv6;
  const auto add_wildcards = [&](std::uint32_t interface) {
    if (is_ipv4) add(IpAddress::AnyIpv4(), interface);
    if (is_of_ipv6) add(IpAddress::AnyIpv6(), interface);
  };
  const bool is_bound = syn_recv.interface != 0;
  if (is_bound) add(syn_recv.local.address, syn_recv.interface);
  add(syn_recv.local.address, 0);
  if (is_bound) add_wildcards(syn_recv.interface);
  add_wildcards(0);
  return candidates;
}

}  // namespace connwatch
