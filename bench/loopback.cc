#include "bench/loopback.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace connwatch::bench {

namespace {

constexpr int kBacklog = 16;  // a connection is accepted as soon as it is made

enum class PortChoice { kAtBind, kAtConnect };

Result<void> CloseByReset(const UniqueFd& fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  if (setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0) {
    return SystemError("set SO_LINGER");
  }
  return {};
}

// At connect(), ports are counted for each destination, not for each address.
Result<void> ChoosePortAtConnect(const UniqueFd& fd) {
  const int on = 1;
  if (setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) < 0) {
    return SystemError("set IP_BIND_ADDRESS_NO_PORT");
  }
  return {};
}

Result<UniqueFd> OpenBoundSocket(in_addr_t address, PortChoice port_choice, Closing closing) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return SystemError("socket");
  if (closing == Closing::kReset) {
    if (auto set = CloseByReset(fd); !set) return std::move(set).error();
  }
  if (port_choice == PortChoice::kAtConnect) {
    if (auto set = ChoosePortAtConnect(fd); !set) return std::move(set).error();
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) < 0) {
    return SystemError("bind");
  }
  return fd;
}

}  // namespace

Error SystemError(std::string_view what) { return Error::FromErrno(errno, what); }

Result<Listener> Listen(in_addr_t address, Closing closing) {
  auto fd = OpenBoundSocket(address, PortChoice::kAtBind, closing);
  if (!fd) return std::move(fd).error();
  Listener listener{std::move(fd).value(), {}};
  if (listen(listener.fd.get(), kBacklog) < 0) return SystemError("listen");
  socklen_t length = sizeof(listener.name);
  if (getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&listener.name), &length) < 0) {
    return SystemError("getsockname");
  }
  return listener;
}

Result<Connection> Connect(const Listener& listener, in_addr_t address, Closing closing) {
  auto client = OpenBoundSocket(address, PortChoice::kAtConnect, closing);
  if (!client) return std::move(client).error();
  if (connect(client->get(), reinterpret_cast<const sockaddr*>(&listener.name),
              sizeof(listener.name)) < 0) {
    return SystemError("connect");
  }
  UniqueFd server(accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!server) return SystemError("accept");
  return Connection{std::move(client).value(), std::move(server)};
}

}  // namespace connwatch::bench
