// Selects the sockets of a dump by their addresses and ports. The kernel is given the same filter
// (netlink/filter_bytecode.h), but Matches decides.
#pragma once

#include <optional>

#include "core/base/ip_prefix.h"
#include "core/base/port_range.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// A socket must match every member that is present. The default takes all sockets.
struct EndpointFilter {
  std::optional<PortRange> local_ports = std::nullopt;
  std::optional<PortRange> remote_ports = std::nullopt;
  std::optional<IpPrefix> local_addresses = std::nullopt;
  std::optional<IpPrefix> remote_addresses = std::nullopt;

  /// An IPv4 connection of a dual-stack socket has IPv4 addresses.
  bool Matches(const SocketRecord& record) const {
    return (!local_ports || local_ports->Contains(record.local.port)) &&
           (!remote_ports || remote_ports->Contains(record.remote.port)) &&
           (!local_addresses || local_addresses->Contains(record.local.address)) &&
           (!remote_addresses || remote_addresses->Contains(record.remote.address));
  }

  bool operator==(const EndpointFilter&) const = default;
};

}  // namespace connwatch
