#include "exporters/server/listening_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "exporters/http/client_address.h"

namespace connwatch {

namespace {

constexpr int kBacklog = 4096;  // the kernel takes at most net.core.somaxconn
// Limits how much the kernel keeps for a client that reads slowly. The kernel's own limit is 4 MB
// (net.ipv4.tcp_wmem). kernel: sk_setsockopt(): at most net.core.wmem_max, and then doubled.
constexpr int kSendBufferBytes = 256 * 1024;

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

Result<int> NewSocket(int family) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return Error::FromErrno(errno, "socket");
  return fd;
}

// Closes the socket after `call` failed. Returns that error.
Error CloseAfter(int fd, const char* call) {
  Error error = Error::FromErrno(errno, call);
  close(fd);
  return error;
}

// Accepted connections inherit both. Without TCP_NODELAY, the last part of a reply waits up to 40
// ms for the client to acknowledge the part before it, because libmicrohttpd sets this only on
// connections that it has accepted itself. A unix socket knows no TCP_NODELAY and needs none.
void SetOptionsOfConnections(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes, sizeof(kSendBufferBytes));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Returns the socket, or an Error with the name of the call that failed.
Result<int> ListenOn(const addrinfo& address) {
  auto fd = NewSocket(address.ai_family);
  if (!fd) return fd;
  const int on = 1;
  const int off = 0;
  setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  SetOptionsOfConnections(*fd);
  if (address.ai_family == AF_INET6) {
    setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));  // [::] takes IPv4 as well
  }
  if (bind(*fd, address.ai_addr, address.ai_addrlen) != 0) return CloseAfter(*fd, "bind");
  if (listen(*fd, kBacklog) != 0) return CloseAfter(*fd, "listen");
  return fd;
}

Result<int> OpenFamily(const ListenAddress& address, int family) {
  auto resolved = Resolve(address, family);
  if (!resolved) return std::move(resolved).error();
  return ListenOn(**resolved);
}

Result<int> OpenTcp(const ListenAddress& address) {
  const bool every_address = address.host.empty();
  auto fd = OpenFamily(address, every_address ? AF_INET6 : AF_UNSPEC);
  const bool no_ipv6 = !fd && (fd.error().code == EAFNOSUPPORT || fd.error().code == EADDRNOTAVAIL);
  if (every_address && no_ipv6) fd = OpenFamily(address, AF_INET);
  return fd;
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// Removes the socket file of a process that ended without removing it.
Result<void> RemoveStale(const sockaddr_un& address) {
  struct stat status {};
  if (lstat(address.sun_path, &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return Error{EEXIST, "a file exists there that is not a socket"};
  const auto probe = NewSocket(AF_UNIX);
  if (!probe) return probe.error();
  const int result = connect(*probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const bool is_stale = result != 0 && errno == ECONNREFUSED;
  close(*probe);
  if (!is_stale) return Error::FromErrno(EADDRINUSE, "bind");
  if (unlink(address.sun_path) != 0 && errno != ENOENT) {
    return Error::FromErrno(errno, "remove the old socket file");
  }
  return {};
}

Result<int> OpenUnix(const std::string& path) {
  constexpr mode_t kOwnerAndGroup = 0660;
  const sockaddr_un address = UnixAddress(path);
  if (auto removed = RemoveStale(address); !removed) return std::move(removed).error();
  auto fd = NewSocket(AF_UNIX);
  if (!fd) return fd;
  if (bind(*fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return CloseAfter(*fd, "bind");
  }
  // There is time to set the mode: nobody can connect before listen.
  if (chmod(address.sun_path, kOwnerAndGroup) != 0) return CloseAfter(*fd, "chmod");
  if (listen(*fd, kBacklog) != 0) return CloseAfter(*fd, "listen");
  return fd;
}

// Returns the address that the socket is bound to; empty if it is an address of another kind.
ListenAddress BoundAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd, address, &size) != 0) return {};
  if (address->sa_family == AF_UNIX) {
    return {{}, 0, reinterpret_cast<sockaddr_un*>(address)->sun_path};
  }
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return {};
  const in_port_t port = reinterpret_cast<sockaddr_in*>(address)->sin_port;  // same offset in both
  return {ClientAddress(address), ntohs(port), {}};
}

}  // namespace

ListeningSocket::ListeningSocket(int fd, ListenAddress address)
    : fd_(fd), address_(std::move(address)) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      has_file_(std::exchange(other.has_file_, false)),
      file_device_(other.file_device_),
      file_inode_(other.file_inode_) {}

ListeningSocket::~ListeningSocket() {
  if (fd_ >= 0) close(fd_);
  if (!has_file_) return;
  struct stat status {};
  const bool is_ours = lstat(address_.unix_path.c_str(), &status) == 0 &&
                       status.st_dev == file_device_ && status.st_ino == file_inode_;
  if (is_ours) unlink(address_.unix_path.c_str());
}

Result<ListeningSocket> ListeningSocket::Open(const ListenAddress& address) {
  const bool is_unix = !address.unix_path.empty();
  auto fd = is_unix ? OpenUnix(address.unix_path) : OpenTcp(address);
  if (!fd) return std::move(fd).error().Within("listen on " + address.ToString());
  ListeningSocket opened(*fd, is_unix ? address : BoundAddress(*fd));
  struct stat status {};
  if (is_unix && lstat(address.unix_path.c_str(), &status) == 0) {
    opened.has_file_ = true;
    opened.file_device_ = status.st_dev;
    opened.file_inode_ = status.st_ino;
  }
  return opened;
}

ListeningSocket ListeningSocket::Adopt(int fd) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  SetOptionsOfConnections(fd);
  return {fd, BoundAddress(fd)};
}

int ListeningSocket::Release() { return std::exchange(fd_, -1); }

std::string ListeningSocket::Url(const std::string& scheme) const {
  if (!address_.unix_path.empty()) return address_.ToString();
  ListenAddress shown = address_;
  if (shown.host == "::" || shown.host == "0.0.0.0") shown.host = "localhost";
  return scheme + "://" + shown.ToString() + "/metrics";
}

}  // namespace connwatch
