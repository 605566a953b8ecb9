#include "exporters/server/http_server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/web/web_limits.h"
#include "core/web/web_refusal.h"
#include "exporters/http/client_address.h"
#include "exporters/http/http_message.h"
#include "exporters/http/http_status.h"
#include "exporters/http/request_framing.h"
#include "exporters/server/http_connection.h"
#include "exporters/server/mhd_response.h"

namespace connwatch {

namespace {

// The memory that one connection may use. libmicrohttpd takes half of it for what it reads. The
// rest is for its lists of headers and parameters, and for the headers of the reply.
constexpr std::size_t kConnectionMemoryBytes = std::size_t{32} * 1024;
constexpr std::size_t kFieldMemoryBytes = 64;  // libmicrohttpd: sizeof(MHD_HTTP_Header)
constexpr std::size_t kOwnReplyHeaderBytes = 1024;
static_assert(kMaxRequestHeadBytes <= kConnectionMemoryBytes / 2);
static_assert((kMaxRequestFields + 2) * kFieldMemoryBytes + kMaxReplyHeaderBytes +
                  kOwnReplyHeaderBytes <=
              kConnectionMemoryBytes / 2);
// So many connections beyond the limit may be open until those that make room for them are closed.
constexpr unsigned kConnectionHeadroom = 64;
constexpr int kReplyTimeouts = 6;

// The clock of MonotonicTime.
MonotonicTime BootTime() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return MonotonicTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::string_view HeaderOf(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view{} : value;
}

// libmicrohttpd: UnescapeCallback. The result is used as a C string. A NUL must not end it, or
// "/metrics%00x" would be "/metrics".
std::size_t Unescape(void* /*self*/, MHD_Connection* /*connection*/, char* text) {
  const std::size_t size = MHD_http_unescape(text);
  std::replace(text, text + size, '\0', '?');
  return size;
}

// libmicrohttpd reads these two headers itself, and takes the first of a name. If one is bad, its
// reply has every header twice. So it gets good ones first. RequestFraming judges the client's.
constexpr const char* kNoCookie = "";
constexpr const char* kNoLength = "0";

void PutGoodHeadersFirst(MHD_Connection* connection) {
  MHD_set_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE, kNoCookie);
  MHD_set_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH, kNoLength);
}

// libmicrohttpd: MHD_KeyValueIteratorN.
// NOLINTNEXTLINE(readability-function-size): the library's signature
MHD_Result OnHeader(void* framing, MHD_ValueKind /*kind*/, const char* name, std::size_t name_size,
                    const char* value, std::size_t value_size) {
  if (value == kNoCookie || value == kNoLength) return MHD_YES;
  const std::string_view text = value == nullptr ? "" : std::string_view(value, value_size);
  static_cast<RequestFraming*>(framing)->Take({name, name_size}, text);
  return MHD_YES;
}

RequestFraming FramingOf(MHD_Connection* connection) {
  RequestFraming framing;
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, OnHeader, &framing);
  return framing;
}

HttpConnection& ConnectionOf(MHD_Connection* connection) {
  return *static_cast<HttpConnection*>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

// The size of the request line and the headers, which must be complete.
std::uint64_t HeadBytesOf(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == nullptr ? 0 : info->header_size;
}

// Returns true iff request line and headers are larger than permitted. They must be complete.
bool IsHeadTooLarge(MHD_Connection* connection, const RequestFraming& framing) {
  const int parameters =
      MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, nullptr, nullptr);
  return HeadBytesOf(connection) > kMaxRequestHeadBytes ||
         framing.headers() + static_cast<std::size_t>(parameters) > kMaxRequestFields;
}

}  // namespace

struct HttpServer::Callbacks {
  // libmicrohttpd: MHD_NotifyConnectionCallback, called once at the beginning and once at the end
  // of every connection. At the end the TLS session is already freed, and the descriptor is still
  // open.
  static void OnConnection(void* self, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode event) {
    auto& server = *static_cast<HttpServer*>(self);
    if (event == MHD_CONNECTION_NOTIFY_STARTED) {
      *context = Begin(server, connection).release();
      return;
    }
    std::unique_ptr<HttpConnection> ended(static_cast<HttpConnection*>(*context));
    *context = nullptr;
    const HttpConnections::Id id = ended->id();
    const ConnectionClosing closing = server.connections_.ClosingOf(id, BootTime());
    const auto refusal = ended->RefusalAtEnd(closing);
    if (refusal && !server.is_stopping_) {
      server.services_.guard.RecordRefusal(refusal->reason, refusal->line);
    }
    ended.reset();  // before Remove, so that there is never a request without a connection
    server.connections_.Remove(id);
    server.acceptor_->GiveBack();
  }

  static std::unique_ptr<HttpConnection> Begin(HttpServer& server, MHD_Connection* connection) {
    const auto* address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    ClientIdentity client = {ClientAddress(address->client_addr),
                             ClientNetwork(address->client_addr)};
    const HttpConnections::Id id =
        server.connections_.Add(fd->connect_fd, client.network, BootTime());
    auto begun = std::make_unique<HttpConnection>(fd->connect_fd, std::move(client), id);
    auto tls = server.services_.guard.policy()->tls;
    if (server.initial_tls_ && tls) {
      const auto* session = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
      TlsContext::Attach(std::move(tls), static_cast<gnutls_session_int*>(session->tls_session),
                         begun->tls());
    }
    return begun;
  }

  // libmicrohttpd: the callback of MHD_OPTION_URI_LOG_CALLBACK. Only here the query is available as
  // it was sent. Returns null, because the HttpConnection owns the state of the request.
  static void* OnRequestLine(void* self, const char* target, MHD_Connection* connection) {
    auto& server = *static_cast<HttpServer*>(self);
    ConnectionOf(connection).BeginRequest(target == nullptr ? "" : target, server.live_requests_);
    PutGoodHeadersFirst(connection);
    return nullptr;
  }

  // libmicrohttpd: MHD_RequestCompletedCallback. Not called for every request: see HttpConnection.
  static void OnCompleted(void* self, MHD_Connection* connection, void** /*state*/,
                          MHD_RequestTerminationCode reason) {
    HttpConnection& client = ConnectionOf(connection);
    if (!client.EndRequest(/*is_reply_sent=*/reason == MHD_REQUEST_TERMINATED_COMPLETED_OK)) return;
    static_cast<HttpServer*>(self)->connections_.EndReply(client.id(), BootTime());
  }

  // libmicrohttpd: MHD_AccessHandlerCallback. Called when the headers are complete, and again at
  // the end of the request. A GET is answered only at the end, which keeps the connection open for
  // the next request. Other methods and refused requests are answered at once, before a body comes,
  // which closes the connection.
  // NOLINTNEXTLINE(readability-function-size): the library's signature
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char* version, const char* /*upload_data*/,
                              std::size_t* upload_size, void** /*state*/) {
    auto& server = *static_cast<HttpServer*>(self);
    HttpExchange* const exchange = ConnectionOf(connection).exchange();
    // Close the connection if a body comes that the headers did not announce.
    if (exchange == nullptr || *upload_size != 0) return MHD_NO;
    if (exchange->policy == nullptr) {
      if (const auto done = OnHeaders(server, connection, method, version)) return *done;
    }
    const HttpReply reply = server.services_.handler(
        RequestOf(connection, {.method = method, .path = url, .query = exchange->query}));
    return Queue(server, connection, reply);
  }

  // Returns what to return to libmicrohttpd, or nullopt if the request is to be answered at once.
  static std::optional<MHD_Result> OnHeaders(HttpServer& server, MHD_Connection* connection,
                                             std::string_view method, std::string_view version) {
    HttpConnection& client = ConnectionOf(connection);
    HttpExchange& exchange = *client.exchange();
    client.BeginReply(HeadBytesOf(connection));
    exchange.policy = server.services_.guard.policy();
    // The handshake should have refused such a client already.
    if (server.initial_tls_ && !client.tls().is_accepted) return MHD_NO;
    const MonotonicTime now = BootTime();
    if (!server.connections_.BeginReply(client.id(), now)) return MHD_NO;
    const RequestFraming framing = FramingOf(connection);
    const auto refusal = Refuse(server, connection, framing, now);
    const bool waits_for_end =
        !refusal && (method == MHD_HTTP_METHOD_GET || method == MHD_HTTP_METHOD_HEAD);
    const bool is_to_close =
        framing.AsksToClose() || (version == MHD_HTTP_VERSION_1_0 && !framing.AsksToKeepOpen());
    exchange.is_last = !waits_for_end || is_to_close;
    if (refusal) return Queue(server, connection, *refusal);
    if (waits_for_end) return MHD_YES;
    return std::nullopt;
  }

  // `line` has the values of the request line.
  static HttpRequest RequestOf(MHD_Connection* connection, HttpRequest line) {
    const HttpConnection& client = ConnectionOf(connection);
    const auto header = [connection](const char* name) { return HeaderOf(connection, name); };
    HttpRequest request = line;
    request.accept_encoding = header(MHD_HTTP_HEADER_ACCEPT_ENCODING);
    request.accept = header(MHD_HTTP_HEADER_ACCEPT);
    request.host = header(MHD_HTTP_HEADER_HOST);
    request.origin = header("Origin");
    request.sec_fetch_site = header("Sec-Fetch-Site");
    request.client = {.address = client.client().address,
                      .has_logged_in = HasLoggedIn(connection),
                      .is_forwarded = !header("Forwarded").empty() ||
                                      !header("X-Forwarded-For").empty() ||
                                      !header(MHD_HTTP_HEADER_VIA).empty()};
    return request;
  }

  // If there are users, a client that got this far has given a password.
  static bool HasLoggedIn(MHD_Connection* connection) {
    HttpConnection& client = ConnectionOf(connection);
    return !client.exchange()->policy->access.users.empty() || client.HasVerifiedCertificate();
  }

  // Returns the reply if the request is refused for its headers, or nullopt if it is to be
  // answered.
  static std::optional<HttpReply> Refuse(const HttpServer& server, MHD_Connection* connection,
                                         const RequestFraming& framing, MonotonicTime now) {
    HttpConnection& client = ConnectionOf(connection);
    WebGuard& guard = server.services_.guard;
    const WebVisitor visitor{client.client(), HeaderOf(connection, MHD_HTTP_HEADER_AUTHORIZATION)};
    if (auto refusal = guard.Refuse(*client.exchange()->policy, visitor, now)) return refusal;
    const std::string refused = "refused a request from " + client.client().address + ": ";
    if (IsHeadTooLarge(connection, framing)) {
      guard.RecordRefusal(WebRefusal::kMalformed,
                          refused + "its request line or headers are too large");
      return TextReply(kHeadersTooLarge, "The request line or the headers are too large.\n");
    }
    if (framing.IsAmbiguous()) {
      guard.RecordRefusal(WebRefusal::kAmbiguous, refused + "its headers can be read in two ways");
      return TextReply(kBadRequest, "The headers can be read in two ways.\n");
    }
    if (framing.HasBody()) {
      guard.RecordRefusal(WebRefusal::kBody, refused + "it has a body");
      return TextReply(kContentTooLarge, "Requests with a body are not accepted.\n");
    }
    return std::nullopt;
  }

  static MHD_Result Queue(HttpServer& server, MHD_Connection* connection, const HttpReply& reply) {
    HttpConnection& client = ConnectionOf(connection);
    HttpExchange& exchange = *client.exchange();
    const auto held = server.services_.held.Hold(
        {.fd = client.fd(), .client = client.client().network}, reply, BootTime());
    exchange.held = held;
    MHD_Response* response =
        ToMhdResponse(reply, held, exchange.policy->access.headers, connection);
    if (response == nullptr) return MHD_NO;
    const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
  }
};

HttpServer::HttpServer(ListeningSocket socket, const HttpLimits& limits,
                       const HttpServices& services)
    : services_(services),
      connections_({.max_connections = limits.max_connections,
                    .max_per_client = socket.is_unix() ? 0 : limits.max_connections_per_address,
                    .request_timeout = limits.timeout,
                    .reply_timeout = limits.timeout * kReplyTimeouts}),
      initial_tls_(services.guard.policy()->tls),
      socket_(std::move(socket)) {}

bool HttpServer::StartDaemon(const HttpLimits& limits) {
  const auto number = [](auto value) { return static_cast<std::intptr_t>(value); };
  const auto callback = [](auto* function) { return reinterpret_cast<std::intptr_t>(function); };
  std::vector<MHD_OptionItem> options = {
      // Larger than the acceptor's limit, because a connection that has ended counts a little
      // longer here.
      {MHD_OPTION_CONNECTION_LIMIT, number(limits.max_connections + 2 * kConnectionHeadroom),
       nullptr},
      {MHD_OPTION_CONNECTION_TIMEOUT, number(limits.timeout.count()), nullptr},
      {MHD_OPTION_CONNECTION_MEMORY_LIMIT, number(kConnectionMemoryBytes), nullptr},
      {MHD_OPTION_UNESCAPE_CALLBACK, callback(&Unescape), nullptr},
      {MHD_OPTION_URI_LOG_CALLBACK, callback(&Callbacks::OnRequestLine), this},
      {MHD_OPTION_NOTIFY_CONNECTION, callback(&Callbacks::OnConnection), this},
      {MHD_OPTION_NOTIFY_COMPLETED, callback(&Callbacks::OnCompleted), this}};
  // epoll(7) is not used: with it, libmicrohttpd 0.9.75 polls as fast as it can for the rest of a
  // TLS handshake.
  unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
                   MHD_USE_NO_LISTEN_SOCKET;
  if (initial_tls_) {
    flags |= MHD_USE_TLS;
    // libmicrohttpd needs a certificate to start. Every session then uses the policy's instead.
    const TlsSettings& tls = initial_tls_->settings();
    const auto text = [](const std::string& pem) { return const_cast<char*>(pem.c_str()); };
    options.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, text(tls.certificate.content)});
    options.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, text(tls.key.content)});
  }
  options.push_back({MHD_OPTION_END, 0, nullptr});
  daemon_ = MHD_start_daemon(flags, 0, nullptr, nullptr, &Callbacks::OnRequest, this,
                             MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
  return daemon_ != nullptr;
}

// libmicrohttpd closes a connection that it cannot add. It reports the end of each one that it
// added, unless it then finds no memory for it.
Result<void> HttpServer::StartAccepting(const HttpLimits& limits) {
  const auto take = [this](const AcceptedConnection& accepted) {
    const auto* address = reinterpret_cast<const sockaddr*>(&accepted.address);
    return MHD_add_connection(daemon_, accepted.fd, address, accepted.address_size) == MHD_YES;
  };
  auto acceptor = Acceptor::Create(
      socket_.Release(),
      {.places = std::size_t{limits.max_connections} + kConnectionHeadroom,
       .take = take,
       .on_shortage = [this](const Error& why, bool is_new) { OnShortage(why, is_new); }});
  if (!acceptor) return std::move(acceptor).error();
  acceptor_ = std::move(acceptor).value();
  return acceptor_->Start();
}

void HttpServer::OnShortage(const Error& why, bool is_new) {
  if (is_new) {
    services_.guard.RecordRefusal(WebRefusal::kShortage,
                                  "clients of " + url() + " wait: " + why.context);
  }
  connections_.MakeRoomForOne(BootTime());
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(ListeningSocket socket,
                                                      const HttpLimits& limits,
                                                      const HttpServices& services) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(socket), limits, services));
  if (!server->StartDaemon(limits)) {
    return Error{EIO, "listen on " + server->url() + ": the HTTP server did not start"};
  }
  if (auto accepting = server->StartAccepting(limits); !accepting) {
    return std::move(accepting).error().Within("listen on " + server->url());
  }
  return server;
}

HttpServer::~HttpServer() {
  is_stopping_ = true;
  if (acceptor_) acceptor_->Stop();
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

}  // namespace connwatch
