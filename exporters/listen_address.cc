#include "exporters/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>

namespace connwatch {

namespace {

constexpr std::string_view kExpected = "expected host:port, [ipv6]:port or :port";

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> Resolve(const ListenAddress& address, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const char* host = address.host.empty() ? nullptr : address.host.c_str();
  const int failure = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &list);
  if (failure == EAI_SYSTEM) return Error::FromErrno(errno, "resolve host");
  if (failure != 0)
    return Error{EADDRNOTAVAIL, std::string("resolve host: ") + gai_strerror(failure)};
  return Addresses(list);
}

// The socket, or an Error with the name of the call that failed.
Result<int> ListenOn(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Error::FromErrno(errno, "socket");
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));  // [::] takes IPv4 as well
  }
  constexpr int kBacklog = 128;
  const char* call = "bind";
  int failed = bind(fd, address.ai_addr, address.ai_addrlen);
  if (failed == 0) {
    call = "listen";
    failed = listen(fd, kBacklog);
  }
  if (failed == 0) return fd;
  Error error = Error::FromErrno(errno, call);
  close(fd);
  return error;
}

Result<int> OpenFamily(const ListenAddress& address, int family) {
  auto resolved = Resolve(address, family);
  if (!resolved) return std::move(resolved).error();
  return ListenOn(**resolved);
}

}  // namespace

std::string ListenAddress::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto malformed = [text](std::string_view why) {
    return Error{EINVAL, "listen address \"" + std::string(text) + "\": " + std::string(why)};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed(kExpected);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (has_brackets) host = host.substr(1, host.size() - 2);
  if (host.find_first_of("[]/") != std::string_view::npos ||
      (!has_brackets && host.find(':') != std::string_view::npos)) {
    return malformed(kExpected);
  }
  ListenAddress address{std::string(host), 0};
  const auto [end, failure] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), address.port);
  if (failure != std::errc{} || end != port_text.data() + port_text.size()) {
    return malformed("the port must be a number from 0 to 65535");
  }
  return address;
}

Result<int> OpenListeningSocket(const ListenAddress& address) {
  const bool every_address = address.host.empty();
  auto fd = OpenFamily(address, every_address ? AF_INET6 : AF_UNSPEC);
  const bool no_ipv6 = !fd && (fd.error().code == EAFNOSUPPORT || fd.error().code == EADDRNOTAVAIL);
  if (every_address && no_ipv6) fd = OpenFamily(address, AF_INET);
  if (!fd) return std::move(fd).error().Within("listen on " + address.ToString());
  return fd;
}

}  // namespace connwatch
