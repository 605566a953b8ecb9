// Where an HTTP connection comes from.
#pragma once

#include <string>

struct sockaddr;

namespace connwatch {

struct ClientIdentity {
  std::string address;  // for the log, see ClientAddress
  std::string network;  // what connections and attempts are counted by, see ClientNetwork
};

/// "192.0.2.1", "2001:db8::1", or "unix" for a unix socket; "unknown" for any other family.
/// A v4-mapped address is the IPv4 one.
std::string ClientAddress(const sockaddr* address);

/// What belongs to one client as far as limits go: of IPv6 the /64, which one host usually has.
std::string ClientNetwork(const sockaddr* address);

}  // namespace connwatch
