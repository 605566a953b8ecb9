#include "core/groups/listening_ports.h"

namespace connwatch {

void ListeningPorts::Add(const SocketRecord& listening, MonotonicTime now) {
  const std::uint16_t number = listening.local.port;
  const MonotonicTime since = ListeningSince(number).value_or(now);
  ports_[number] = {since, now};
  if (listening.cgroup_id) RememberOwner(listening.local, {*listening.cgroup_id, now});
}

void ListeningPorts::RememberOwner(const Endpoint& listener, Owner owner) {
  if (owners_.size() < kMaxOwners || owners_.contains(listener)) owners_[listener] = owner;
}

void ListeningPorts::CompletePoll(MonotonicTime start) {
  known_at_ = start;
  const auto erase_old = [start](auto& map, std::chrono::minutes memory) {
    std::erase_if(map, [&](const auto& met) { return met.second.latest + memory < start; });
  };
  erase_old(ports_, kMemory);
  const bool has_room = owners_.size() < kMaxOwners;
  erase_old(owners_, has_room ? kMemory : std::chrono::minutes(0));
}

bool ListeningPorts::IsListening(std::uint16_t port) const {
  const auto found = ports_.find(port);
  return found != ports_.end() && found->second.latest >= known_at_;
}

bool ListeningPorts::HasListened(std::uint16_t port, MonotonicTime since) const {
  const auto found = ports_.find(port);
  return found != ports_.end() && (found->second.latest >= since || IsListening(port));
}

std::optional<MonotonicTime> ListeningPorts::ListeningSince(std::uint16_t port) const {
  return IsListening(port) ? std::optional(ports_.at(port).since) : std::nullopt;
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
