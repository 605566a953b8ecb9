#include "core/connections/tracker_stats.h"

namespace connwatch {

std::string_view Name(EndCause cause) {
  switch (cause) {
    case EndCause::kComplete:
      return "complete";
    case EndCause::kDisconnected:
      return "disconnected";
    case EndCause::kNotEstablished:
      return "not_established";
    case EndCause::kVanished:
      return "vanished";
  }
  return "unknown";
}

}  // namespace connwatch
