#include "core/listeners/listener_key.h"

namespace connwatch {

std::string FormatListener(const ListenerKey& key, std::string_view interface_name) {
  if (key.interface == 0) return key.endpoint.ToString();
  const std::string zone =
      '%' + (interface_name.empty() ? std::to_string(key.interface) : std::string(interface_name));
  const std::string address = key.endpoint.address.ToString() + zone;
  const bool is_ipv4 = key.endpoint.address.family() == AddressFamily::kIpv4;
  return (is_ipv4 ? address : '[' + address + ']') + ':' + std::to_string(key.endpoint.port);
}

}  // namespace connwatch
