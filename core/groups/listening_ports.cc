#include "core/groups/listening_ports.h"

namespace connwatch {

void ListeningPorts::Add(const SocketRecord& listening, MonotonicTime now) {
  const auto [port, is_new] = ports_.try_emplace(listening.local.port, Port{now, now});
  if (!is_new) port->second.latest = now;
  if (listening.cgroup_id) owners_[listening.local] = {*listening.cgroup_id, now};
}

void ListeningPorts::CompletePoll(MonotonicTime start) {
  known_at_ = start;
  std::erase_if(ports_, [start](const auto& port) { return port.second.latest < start; });
  std::erase_if(owners_,
                [start](const auto& owner) { return owner.second.latest + kOwnerMemory < start; });
}

std::optional<MonotonicTime> ListeningPorts::ListeningSince(std::uint16_t port) const {
  const auto found = ports_.find(port);
  return found == ports_.end() ? std::nullopt : std::optional(found->second.since);
}

std::optional<std::uint64_t> ListeningPorts::OwnerOf(const SocketRecord& inbound) const {
  const Endpoint& local = inbound.local;
  for (const IpAddress& address : {local.address, IpAddress::AnyIpv4(), IpAddress::AnyIpv6()}) {
    const auto owner = owners_.find({address, local.port});
    if (owner != owners_.end()) return owner->second.cgroup_id;
  }
  return std::nullopt;
}

}  // namespace connwatch
