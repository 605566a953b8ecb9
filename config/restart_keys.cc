#include "config/restart_keys.h"

#include <algorithm>
#include <array>

namespace connwatch {

namespace {

struct RestartKey {
  std::string_view name;
  bool (*differs)(const Config& one, const Config& other);
};

template <auto member>
constexpr RestartKey Key(std::string_view name) {
  return {name,
          [](const Config& one, const Config& other) { return one.*member != other.*member; }};
}

constexpr std::array kKeys = std::to_array<RestartKey>({
    Key<&Config::peak_window>("peak_window"),
    Key<&Config::exclude_loopback>("exclude_loopback"),
    Key<&Config::max_listeners>("max_listeners"),
    Key<&Config::host_root>("host_root"),
    Key<&Config::kernel_walk>("kernel_walk"),
    Key<&Config::handshake_tracing>("handshake_tracing"),
    Key<&Config::max_network_namespaces>("max_network_namespaces"),
    Key<&Config::max_tracked_connections>("max_tracked_connections"),
    Key<&Config::web>("web:"),
});

constexpr auto kNames = [] {
  std::array<std::string_view, kKeys.size()> names;
  std::ranges::transform(kKeys, names.begin(), &RestartKey::name);
  return names;
}();

}  // namespace

std::span<const std::string_view> RestartKeys() { return kNames; }

std::vector<std::string_view> ChangedRestartKeys(const Config& before, const Config& after) {
  std::vector<std::string_view> changed;
  for (const RestartKey& key : kKeys) {
    if (key.differs(before, after)) changed.push_back(key.name);
  }
  return changed;
}

}  // namespace connwatch
