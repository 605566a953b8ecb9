// Loopback connections for the loads here.
#pragma once

#include <netinet/in.h>

#include <string_view>

#include "bench/unique_fd.h"
#include "core/base/result.h"

namespace connwatch::bench {

/// errno, within `what`.
Error SystemError(std::string_view what);

/// How the sockets of a load end.
enum class Closing {
  kReset,    // by RST: no TIME-WAIT is left behind
  kOrderly,  // by FIN
};

struct Listener {
  UniqueFd fd;
  sockaddr_in name{};
};

/// Listens on `address`, in host order; the port is the kernel's choice.
Result<Listener> Listen(in_addr_t address, Closing closing);

struct Connection {
  UniqueFd client;
  UniqueFd server;
};

/// An established connection from `address`, in host order, to `listener`, which nobody else
/// connects to meanwhile. Waits for it.
Result<Connection> Connect(const Listener& listener, in_addr_t address, Closing closing);

}  // namespace connwatch::bench
