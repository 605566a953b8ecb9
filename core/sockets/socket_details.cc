#include "core/sockets/socket_details.h"

namespace connwatch {

std::string_view Name(SocketTimer timer) {
  switch (timer) {
    case SocketTimer::kNone:
      return "none";
    case SocketTimer::kRetransmission:
      return "retransmission";
    case SocketTimer::kKeepalive:
      return "keepalive";
    case SocketTimer::kTimeWait:
      return "time_wait";
    case SocketTimer::kPersist:
      return "persist";
  }
  return "unknown";
}

}  // namespace connwatch
