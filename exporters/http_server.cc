#include "exporters/http_server.h"

#include <microhttpd.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "exporters/http_reply.h"

namespace connwatch {

namespace {

using SharedBody = std::shared_ptr<const std::string>;

// What one connection may use for its request line and headers.
constexpr std::size_t kRequestMemoryBytes = std::size_t{16} * 1024;

std::string_view OrEmpty(const char* text) { return text == nullptr ? std::string_view{} : text; }

void AddHeader(MHD_Response* response, const char* name, std::string_view value) {
  if (!value.empty()) MHD_add_response_header(response, name, std::string(value).c_str());
}

// The response shares ownership of the body until the last byte is sent.
MHD_Response* MakeResponse(const HttpReply& reply) {
  auto holder = std::make_unique<SharedBody>(reply.body);
  const auto release = [](void* holder_to_delete) {
    delete static_cast<SharedBody*>(holder_to_delete);
  };
  // libmicrohttpd's interface lacks const here; it does not write to the body.
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      reply.body->size(), const_cast<char*>(reply.body->data()), release, holder.get());
  if (response == nullptr) return nullptr;
  holder.release();  // NOLINT(bugprone-unused-return-value): the response has it now
  AddHeader(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.content_type);
  AddHeader(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply.content_encoding);
  AddHeader(response, MHD_HTTP_HEADER_ALLOW, reply.allow);
  AddHeader(response, "Content-Security-Policy", reply.content_security_policy);
  AddHeader(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
  AddHeader(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  AddHeader(response, "X-Content-Type-Options", "nosniff");
  return response;
}

// What is kept of a request from its first line to its end.
struct Exchange {
  std::string query;
  bool has_headers = false;
};

}  // namespace

struct HttpServer::Callbacks {
  // libmicrohttpd: the callback of MHD_OPTION_URI_LOG_CALLBACK, whose result becomes the request's
  // state. The only place where the query can be had as it was sent.
  static void* OnRequestLine(void* /*self*/, const char* uri, MHD_Connection* /*connection*/) {
    const std::string_view target = uri;
    const std::size_t question_mark = target.find('?');
    auto exchange = std::make_unique<Exchange>();
    if (question_mark != std::string_view::npos) exchange->query = target.substr(question_mark + 1);
    return exchange.release();
  }

  static void OnEnd(void* /*self*/, MHD_Connection* /*connection*/, void** exchange,
                    MHD_RequestTerminationCode /*reason*/) {
    delete static_cast<Exchange*>(*exchange);
    *exchange = nullptr;
  }

  // libmicrohttpd: MHD_AccessHandlerCallback. Called when the headers are in and again at the end
  // of the request. Answering a GET only then keeps the connection open for the next one; any other
  // method is answered at once, before a body, which closes it.
  // NOLINTNEXTLINE(readability-function-size): the library's signature
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char* /*version*/,
                              const char* /*upload_data*/, std::size_t* upload_size, void** state) {
    if (*upload_size != 0) return MHD_NO;  // a GET with a body: close
    auto& exchange = *static_cast<Exchange*>(*state);
    const bool is_first_call = !std::exchange(exchange.has_headers, true);
    const std::string_view name = method;
    if (is_first_call && (name == MHD_HTTP_METHOD_GET || name == MHD_HTTP_METHOD_HEAD)) {
      return MHD_YES;
    }
    return Reply(*static_cast<const HttpServer*>(self), connection,
                 {.method = name, .path = url, .query = exchange.query});
  }

  static MHD_Result Reply(const HttpServer& server, MHD_Connection* connection,
                          HttpRequest request) {
    request.accept_encoding = OrEmpty(
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING));
    request.accept =
        OrEmpty(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
    const HttpReply reply = Answer(request, server.slot_.Load(), std::chrono::system_clock::now());
    MHD_Response* response = MakeResponse(reply);
    if (response == nullptr) return MHD_NO;
    const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
  }
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const ListenAddress& address,
                                                      const HttpLimits& limits,
                                                      const SnapshotSlot& slot) {
  auto fd = OpenListeningSocket(address);
  if (!fd) return std::move(fd).error();
  std::unique_ptr<HttpServer> server(new HttpServer(slot));
  server->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, &Callbacks::OnRequest,
      server.get(), MHD_OPTION_LISTEN_SOCKET, *fd,                                   //
      MHD_OPTION_URI_LOG_CALLBACK, &Callbacks::OnRequestLine, nullptr,               //
      MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::OnEnd, nullptr,                       //
      MHD_OPTION_CONNECTION_LIMIT, limits.max_connections,                           //
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits.max_connections_per_address,        //
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(limits.timeout.count()),  //
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, kRequestMemoryBytes, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    close(*fd);
    return Error{EIO, "listen on " + address.ToString() + ": the HTTP server did not start"};
  }
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

std::uint16_t HttpServer::port() const {
  return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
}

}  // namespace connwatch
