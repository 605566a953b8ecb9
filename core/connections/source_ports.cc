#include "core/connections/source_ports.h"

#include <algorithm>

namespace connwatch {

std::uint64_t SourcePorts::Add(const Endpoint& local) {
  if (!ports_.test(local.port)) return 0;
  if (local.address == IpAddress::AnyIpv4() || local.address == IpAddress::AnyIpv6()) {
    of_all_.set(local.port);
    return 0;
  }
  Source* const source = FindOrAdmit(local.address);
  if (source == nullptr || source->used.test(local.port)) return 0;
  source->used.set(local.port);
  return ++source->count;
}

SourcePorts::Source* SourcePorts::FindOrAdmit(const IpAddress& address) {
  std::size_t slot = address.Hash(0) % kSlots;
  // Three slots of four stay empty, so the search ends soon.
  for (; slots_.at(slot) != 0; slot = (slot + 1) % kSlots) {
    Source& source = sources_.at(slots_.at(slot) - 1U);
    if (source.address == address) return &source;
  }
  if (sources_.size() == kMaxSources) return nullptr;
  Source& added = sources_.emplace_back();
  added.address = address;
  slots_.at(slot) = static_cast<std::uint8_t>(sources_.size());
  return &added;
}

std::uint64_t SourcePorts::Busiest() const {
  std::uint64_t busiest = of_all_.count();
  for (const Source& source : sources_) {
    busiest = std::max<std::uint64_t>(busiest, (source.used | of_all_).count());
  }
  return busiest;
}

}  // namespace connwatch
