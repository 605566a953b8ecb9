// One connection of an HttpServer, with the request that it brings at the moment. Whatever is kept
// of a request is part of its connection, which libmicrohttpd always gives back. It is not left to
// the completion callback: libmicrohttpd 0.9.75 does not call that for every request line it has
// announced (one with too many parameters ends without).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/web_refusal.h"
#include "exporters/http_connections.h"
#include "exporters/request_progress.h"
#include "exporters/tls_context.h"
#include "exporters/web_guard.h"

namespace connwatch {

/// Counts the objects that have one as a member.
class LiveObject {
 public:
  explicit LiveObject(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~LiveObject() { --count_; }
  LiveObject(const LiveObject&) = delete;
  LiveObject& operator=(const LiveObject&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

/// What is kept of a request from its request line until its reply is sent.
struct HttpExchange {
  HttpExchange(std::string_view target, std::atomic<std::size_t>& live);

  const std::string query;                  // as sent, without the "?"
  std::shared_ptr<const WebPolicy> policy;  // that it is answered under; null before its headers
  /// No other request follows on this connection: where this one ends is not certain.
  bool is_last = false;

 private:
  LiveObject live_;
};

struct HttpClient {
  std::string address;  // for the log
  std::string network;  // what attempts and connections are counted by
};

/// A client that was turned away, and the line for the log.
struct HttpRefusal {
  WebRefusal reason{};
  std::string line;
};

/// Used on its server's thread only.
class HttpConnection {
 public:
  /// `fd` must stay open as long as this lives.
  HttpConnection(int fd, HttpClient client, HttpConnections::Id id);

  const HttpClient& client() const { return client_; }
  HttpConnections::Id id() const { return id_; }
  TlsHandshake& tls() { return tls_; }

  bool HasVerifiedCertificate() const;

  /// A request line has come, with this target. `live` counts the requests there are.
  void BeginRequest(std::string_view target, std::atomic<std::size_t>& live);
  /// The request under way; null before its request line and after its end.
  HttpExchange* exchange() { return exchange_ ? &*exchange_ : nullptr; }
  /// The headers are whole; they and the request line take so many bytes.
  void BeginReply(std::uint64_t head_bytes);
  /// The request is over. Whether the connection now waits for another one.
  bool EndRequest(bool is_reply_sent);

  /// Whether the client was turned away by the end of the connection, which is now.
  std::optional<HttpRefusal> RefusalAtEnd(ConnectionClosing closing) const;

 private:
  bool IsRequestCutShort(std::optional<std::uint64_t> received) const;

  const int fd_;
  const HttpClient client_;
  const HttpConnections::Id id_;
  TlsHandshake tls_;
  RequestProgress progress_;
  std::optional<HttpExchange> exchange_;
};

}  // namespace connwatch
