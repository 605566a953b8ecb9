#include "monitor/interface_names.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace connwatch {

namespace {

std::string NameOf(std::uint32_t interface) {
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(interface, name.data()) == nullptr) return {};
  return IsUsableInterfaceName(name.data()) ? name.data() : "";
}

}  // namespace

bool IsUsableInterfaceName(std::string_view name) {
  const auto is_printable = [](char character) { return character > ' ' && character <= '~'; };
  const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
  return std::ranges::all_of(name, is_printable) && !std::ranges::all_of(name, is_digit);
}

void NameInterfaces(ListenerList& list) {
  std::map<std::uint32_t, std::string> names;  // a lookup is a system call
  for (Listener& listener : list.listeners) {
    if (listener.key.interface == 0) continue;
    const auto [name, is_new] = names.try_emplace(listener.key.interface);
    if (is_new) name->second = NameOf(listener.key.interface);
    listener.interface_name = name->second;
  }
}

}  // namespace connwatch
