// The sockets that systemd passes to a service with socket activation (sd_listen_fds(3)).
#pragma once

#include <vector>

#include "core/base/result.h"
#include "exporters/server/listening_socket.h"

namespace connwatch {

/// Takes the sockets. Must be called only once. ENOENT if there are none, EINVAL if one of them is
/// no listening stream socket.
Result<std::vector<ListeningSocket>> TakeSystemdSockets();

}  // namespace connwatch
