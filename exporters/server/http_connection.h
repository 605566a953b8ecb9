// One connection of an HttpServer and the request that it is serving. The connection owns the
// request's state, because libmicrohttpd reports the end of every connection but not the end of
// every request: 0.9.75 does not call the completion callback for a request line with too many
// parameters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/web/web_refusal.h"
#include "exporters/access/web_guard.h"
#include "exporters/http/client_address.h"
#include "exporters/server/held_bodies.h"
#include "exporters/server/http_connections.h"
#include "exporters/server/request_progress.h"
#include "exporters/tls/tls_context.h"

namespace connwatch {

/// Adds one to a counter while it lives.
class LiveObject {
 public:
  explicit LiveObject(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~LiveObject() { --count_; }
  LiveObject(const LiveObject&) = delete;
  LiveObject& operator=(const LiveObject&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

/// The state of a request, from its complete request line until its reply is sent.
struct HttpExchange {
  /// `live` is larger by one while this object lives.
  HttpExchange(std::string_view target, std::atomic<std::size_t>& live);

  const std::string query;  // as sent, without the "?"
  /// The policy in force when the headers were complete; null before that.
  std::shared_ptr<const WebPolicy> policy;
  /// True if libmicrohttpd closes the connection after this reply. What the client sent after the
  /// request is then not read.
  bool is_last = false;
  /// The body of the reply; null before there is a reply.
  std::shared_ptr<HeldBody> held;

 private:
  LiveObject live_;
};

/// A client that was refused, and the line for the log.
struct HttpRefusal {
  WebRefusal reason{};
  std::string line;
};

/// Used on its server's thread only.
class HttpConnection {
 public:
  /// `fd` must stay open as long as this lives.
  HttpConnection(int fd, ClientIdentity client, HttpConnections::Id id);
  ~HttpConnection() = default;
  HttpConnection(const HttpConnection&) = delete;  // GnuTLS holds the address of tls()
  HttpConnection& operator=(const HttpConnection&) = delete;

  const ClientIdentity& client() const { return client_; }
  int fd() const { return fd_; }
  HttpConnections::Id id() const { return id_; }
  TlsClient& tls() { return tls_; }

  bool HasVerifiedCertificate() const;

  /// Call when a request line is complete. `live` is larger by one while the request exists.
  void BeginRequest(std::string_view target, std::atomic<std::size_t>& live);
  /// The current request; null before its request line is complete and after its end.
  HttpExchange* exchange() { return exchange_ ? &*exchange_ : nullptr; }
  /// Call when the headers are complete. `head_bytes` is the size of request line and headers.
  void BeginReply(std::uint64_t head_bytes);
  /// Ends the request. Returns true iff its reply was sent, so that the connection may wait for
  /// another request.
  bool EndRequest(bool is_reply_sent);

  /// Call once, at the end of the connection. Returns the refusal to record, or nullopt if nothing
  /// was refused.
  std::optional<HttpRefusal> RefusalAtEnd(ConnectionClosing closing) const;

 private:
  // How many bytes the client has sent, without those of TLS itself. A FIN may count as one byte.
  // nullopt for a unix socket without TLS.
  std::optional<std::uint64_t> BytesFromClient() const;
  bool IsRequestCutShort(ConnectionClosing closing) const;

  const int fd_;
  const ClientIdentity client_;
  const HttpConnections::Id id_;
  TlsClient tls_;
  RequestProgress progress_;
  std::optional<HttpExchange> exchange_;
  bool is_slow_reader_ = false;  // its reply was given up
};

}  // namespace connwatch
