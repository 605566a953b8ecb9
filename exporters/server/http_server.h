// Serves HTTP or HTTPS with libmicrohttpd. Each listening socket has two threads: one accepts
// connections, the other serves them. The HttpHandler makes the replies.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/instant.h"
#include "core/base/result.h"
#include "exporters/access/web_guard.h"
#include "exporters/http/http_message.h"
#include "exporters/server/acceptor.h"
#include "exporters/server/held_bodies.h"
#include "exporters/server/http_connections.h"
#include "exporters/server/listening_socket.h"

struct MHD_Daemon;

namespace connwatch {

struct HttpLimits {
  unsigned max_connections = 0;  // open at a time
  /// Of one client address, for IPv6 of its /64. Does not apply to a unix socket.
  unsigned max_connections_per_address = 0;
  /// A connection is closed if it is idle for this long, or if it does not bring a whole request
  /// within this time, however its bytes come. It is also closed if its reply is not taken within
  /// six times this time.
  std::chrono::seconds timeout{0};
};

/// What all servers share. Must outlive them.
struct HttpServices {
  WebGuard& guard;
  HttpHandler handler;
  HeldBodies& held;
};

class HttpServer {
 public:
  /// Starts to serve, over TLS if the guard's policy says so at this moment. EIO if libmicrohttpd
  /// does not start. Otherwise see Acceptor.
  static Result<std::unique_ptr<HttpServer>> Start(ListeningSocket socket, const HttpLimits& limits,
                                                   const HttpServices& services);
  /// Closes every connection and ends the threads. Every BodyStream must be complete.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return socket_.port(); }
  /// See ListeningSocket::Url.
  std::string url() const { return socket_.Url(initial_tls_ ? "https" : "http"); }

  /// Closes connections whose deadline has passed. Must be called about once a second, from any
  /// thread.
  void CloseOverdue(MonotonicTime now) { connections_.CloseOverdue(now); }

  /// Open connections, and requests from their complete request line until their reply is sent. If
  /// there is no connection, there is no request. May be called from any thread.
  std::size_t connections() const { return connections_.size(); }
  std::size_t requests() const { return live_requests_; }

 private:
  HttpServer(ListeningSocket socket, const HttpLimits& limits, const HttpServices& services);
  // Returns false if libmicrohttpd does not start.
  bool StartDaemon(const HttpLimits& limits);
  Result<void> StartAccepting(const HttpLimits& limits);
  void OnShortage(const Error& why, bool is_new);

  struct Callbacks;  // keeps libmicrohttpd's types out of this header

  const HttpServices& services_;
  HttpConnections connections_;
  std::atomic<std::size_t> live_requests_ = 0;
  std::atomic<bool> is_stopping_ = false;                // then a request cut short is no refusal
  const std::shared_ptr<const TlsContext> initial_tls_;  // null: plain HTTP, which does not change
  ListeningSocket socket_;
  MHD_Daemon* daemon_ = nullptr;
  std::unique_ptr<Acceptor> acceptor_;  // null until daemon_ has started
};

}  // namespace connwatch
