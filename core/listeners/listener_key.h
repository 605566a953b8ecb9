// What tells one listener from another, and its name as text. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/ip_address.h"

namespace connwatch {

/// Sockets that share all of it (SO_REUSEPORT) are one listener.
struct ListenerKey {
  Endpoint endpoint;
  /// The index of the interface that the listener is bound to; 0 if it is bound to none. Listeners
  /// of one address on two interfaces are different services.
  std::uint32_t interface = 0;

  auto operator<=>(const ListenerKey&) const = default;
};

/// The name of a listener wherever people see it, as ss(8) writes it: "0.0.0.0:443",
/// "0.0.0.0%red:179", "[fe80::1%eth0]:22". The index stands for an interface without a name
/// ("0.0.0.0%7:179"). So no two keys have the same text, if `interface_name` is neither the name of
/// another interface nor made of digits only.
std::string FormatListener(const ListenerKey& key, std::string_view interface_name);

}  // namespace connwatch
