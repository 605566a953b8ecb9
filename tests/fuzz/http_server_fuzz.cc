// Sends any bytes to the real server, libmicrohttpd included, over a real connection. Checks that
// every reply is HTTP, that no reply is 200 without the password, and that no connection and no
// request is left at the end.
//
// The first byte chooses. Bit 0: the server that requires a password. Bit 1: TCP; else a unix
// socket, which is faster. Bit 2: the client ends with RST. Bit 3: the bytes are sent in two parts.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "exporters/routes/routes.h"
#include "exporters/server/http_server.h"
#include "tests/fuzz/require.h"
#include "tests/support/reports.h"

namespace {

using connwatch::HttpServer;
using connwatch::Require;

// Of a password that no input knows.
constexpr const char* kBcryptHash = "$2y$04$oq/ylvM7ZtDdvEXzFwsfBeVG7vDFsYN6yWwmNv1LieSRO4gZEav5C";

// A socket and the address to reach it by.
struct Listener {
  int fd = -1;
  sockaddr_storage address{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address); }
};

// The kernel chooses a free port of 127.0.0.1, or an abstract name.
Listener Listen(sa_family_t family) {
  Listener listener;
  listener.fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in tcp{};
  tcp.sin_family = AF_INET;
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_un unix_name{};
  unix_name.sun_family = AF_UNIX;
  const bool is_bound =
      family == AF_INET
          ? bind(listener.fd, reinterpret_cast<sockaddr*>(&tcp), sizeof(tcp)) == 0
          : bind(listener.fd, reinterpret_cast<sockaddr*>(&unix_name), sizeof(sa_family_t)) == 0;
  Require(is_bound && listen(listener.fd, SOMAXCONN) == 0);
  Require(getsockname(listener.fd, listener.generic(), &listener.size) == 0);
  return listener;
}

// Each client has an address of 127.64.0.0/10 of its own: in TIME-WAIT its port is not free, and
// there are more clients than ports.
void BindToNextAddress(int fd) {
  constexpr std::uint32_t kFirst = 0x7f40'0000;
  constexpr std::uint32_t kCount = 1U << 22U;
  static std::uint32_t clients = 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(kFirst + ++clients % kCount);
  Require(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

// A guard and two servers behind it.
class Site {
 public:
  explicit Site(connwatch::WebAccess access)
      : guard_(connwatch::WebPolicy::Create(std::move(access)).value(),
               [](connwatch::WebRefusal, const std::string&) {}) {
    slot_.Store(std::make_shared<const connwatch::PublishedReport>(connwatch::FullReport()));
    routes_.reload = []() -> connwatch::Result<void> { return {}; };
    routes_.sockets = [](const connwatch::SocketQuery&)
        -> connwatch::Result<std::shared_ptr<connwatch::BodyStream>> {
      auto stream = std::make_shared<connwatch::BodyStream>();
      stream->Write("{}\n");
      stream->Complete();
      return stream;
    };
    for (Listener* listener : {&tcp_, &unix_}) {
      servers_.at(listener == &tcp_ ? 0 : 1) =
          HttpServer::Start(connwatch::ListeningSocket::Adopt(dup(listener->fd)),
                            {.max_connections = 10,
                             .max_connections_per_address = 10,
                             .timeout = std::chrono::hours(1)},
                            services_)
              .value();
    }
  }

  // Connects again if the timer of libFuzzer interrupts it.
  int Connect(bool over_tcp) {
    Listener& listener = over_tcp ? tcp_ : unix_;
    while (true) {
      const int fd = socket(listener.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (over_tcp) BindToNextAddress(fd);
      if (connect(fd, listener.generic(), listener.size) == 0) return fd;
      Require(errno == EINTR);
      close(fd);
    }
  }

  // Waits until both are done with every client. One that was reset may be accepted later: it is
  // then waited for after the next input.
  void WaitUntilNothingIsLeft() const {
    constexpr int kTries = 80'000;
    constexpr std::chrono::microseconds kPause{50};
    for (const auto& server : servers_) {
      int tries = 0;
      while (server->connections() > 0 || server->requests() > 0) {
        Require(++tries < kTries);
        std::this_thread::sleep_for(kPause);
      }
    }
  }

 private:
  Listener tcp_ = Listen(AF_INET);
  Listener unix_ = Listen(AF_UNIX);
  connwatch::ReportSlot slot_;
  connwatch::Pulse pulse_;
  connwatch::WebGuard guard_;
  connwatch::RouteServices routes_{slot_, pulse_};
  connwatch::HeldBodies held_;
  connwatch::HttpServices services_{
      guard_,
      [this](const connwatch::HttpRequest& request) {
        return connwatch::Answer(request, routes_, {{}, std::chrono::system_clock::now()});
      },
      held_};
  std::array<std::unique_ptr<HttpServer>, 2> servers_;
};

void Send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string ReadToEnd(int fd) {
  std::string text;
  std::array<char, 16'384> part{};
  while (true) {
    const ssize_t count = recv(fd, part.data(), part.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
  }
}

void CheckReplies(std::string_view replies, bool wants_password) {
  if (replies.empty()) return;
  Require(replies.starts_with("HTTP/1.1 "));
  Require(!wants_password || replies.find("HTTP/1.1 200 ") == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static Site open{{}};
  static Site guarded{{.tls = std::nullopt, .headers = {}, .users = {{"alice", kBcryptHash}}}};
  if (size == 0) return 0;
  const unsigned how = bytes[0];
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const bool wants_password = (how & 1U) != 0;
  Site& site = wants_password ? guarded : open;
  const int fd = site.Connect(/*over_tcp=*/(how & 2U) != 0);
  const std::size_t first = (how & 8U) != 0 ? input.size() / 2 : input.size();
  Send(fd, input.substr(0, first));
  Send(fd, input.substr(first));
  if ((how & 4U) != 0) {
    const linger at_once{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  } else {
    shutdown(fd, SHUT_WR);
    CheckReplies(ReadToEnd(fd), wants_password);
  }
  close(fd);
  site.WaitUntilNothingIsLeft();
  return 0;
}
