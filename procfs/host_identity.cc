#include "procfs/host_identity.h"

#include <unistd.h>

#include <array>
#include <ctime>

namespace connwatch {

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "unknown";
  return name.data();
}

HostIdentity ReadHostIdentity(WallTime now) {
  HostIdentity identity{.name = HostName(), .time_zone = {}};
  // localtime_r() need not notice that /etc/localtime has changed.
  tzset();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return identity;
  if (local.tm_zone != nullptr) identity.time_zone = local.tm_zone;
  identity.utc_offset = std::chrono::seconds(local.tm_gmtoff);
  return identity;
}

}  // namespace connwatch
