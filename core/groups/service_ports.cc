#include "core/groups/service_ports.h"

namespace connwatch {

void ServicePorts::Add(Direction direction, std::uint16_t port) {
  if (!services_) services_ = std::make_unique<PerDirection>();
  (*services_)[IndexOf(direction)].set(port);
}

void ServicePorts::SeeListener(std::uint16_t port, MonotonicTime since, MonotonicTime now) {
  if (now - since >= kListened) Add(Direction::kInbound, port);
}

void ServicePorts::CountConnection(std::uint16_t port, MonotonicTime now) {
  if (IsService(Direction::kOutbound, port)) return;
  Destination& destination = DestinationAt(port, now);
  ++destination.connections;
  Judge(port, destination);
}

void ServicePorts::CountPoll(std::uint16_t port, std::uint64_t poll, MonotonicTime now) {
  if (IsService(Direction::kOutbound, port)) return;
  Destination& destination = DestinationAt(port, now);
  if (destination.polls > 0 && destination.latest_poll == poll) return;
  destination.latest_poll = poll;
  ++destination.polls;
  Judge(port, destination);
}

void ServicePorts::Forget(std::uint16_t port) {
  if (!services_) return;
  for (PortSet& services : *services_) services.reset(port);
}

ServicePorts::Destination& ServicePorts::DestinationAt(std::uint16_t port, MonotonicTime now) {
  Destination& destination =
      destinations_.try_emplace(port, Destination{.since = now}).first->second;
  if (now - destination.since > kMemory) destination = {.since = now};
  return destination;
}

void ServicePorts::Judge(std::uint16_t port, const Destination& destination) {
  if (destination.connections < kConnections && destination.polls < kPolls) return;
  Add(Direction::kOutbound, port);
  destinations_.erase(port);
}

}  // namespace connwatch
