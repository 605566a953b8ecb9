// Where an HTTP connection comes from.
#pragma once

#include <string>
#include <string_view>

struct sockaddr;

namespace connwatch {

/// The "address" of every client of a unix socket.
inline constexpr std::string_view kUnixClient = "unix";

struct ClientIdentity {
  std::string address;  // for the log, see ClientAddress
  std::string network;  // connections and attempts are counted by this, see ClientNetwork
};

/// "192.0.2.1", "2001:db8::1", or "unix" for a unix socket; "unknown" for any other family. A
/// v4-mapped address is written as the IPv4 address.
std::string ClientAddress(const sockaddr* address);

/// Returns true iff `address`, as ClientAddress writes it, is one of loopback.
bool IsLoopback(std::string_view address);

/// Returns what counts as one client for limits. For IPv6 it is the /64, which one host usually
/// has.
std::string ClientNetwork(const sockaddr* address);

}  // namespace connwatch
