// Serves the latest snapshot over HTTP with libmicrohttpd, on a thread of its own per address.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "core/result.h"
#include "exporters/listen_address.h"
#include "exporters/published_snapshot.h"

struct MHD_Daemon;

namespace connwatch {

struct HttpLimits {
  unsigned max_connections = 0;              // open at a time
  unsigned max_connections_per_address = 0;  // of one client address
  std::chrono::seconds timeout{0};           // an idle connection is closed after it
};

class HttpServer {
 public:
  /// Listens and serves from then on. `slot` must outlive the server and already hold a snapshot.
  /// Errors: see OpenListeningSocket; EIO where libmicrohttpd does not start.
  static Result<std::unique_ptr<HttpServer>> Start(const ListenAddress& address,
                                                   const HttpLimits& limits,
                                                   const SnapshotSlot& slot);
  /// Closes every connection and ends the thread.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The port in use, the chosen one if 0 was asked for.
  std::uint16_t port() const;

 private:
  explicit HttpServer(const SnapshotSlot& slot) : slot_(slot) {}

  struct Callbacks;  // keeps libmicrohttpd's types out of this header

  const SnapshotSlot& slot_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace connwatch
