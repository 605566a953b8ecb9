#include "exporters/server/http_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "exporters/server/received_bytes.h"

namespace connwatch {

namespace {

constexpr std::uint64_t kFinBytes = 1;
// Some clients send an empty line, or two, after a request.
constexpr std::uint64_t kEmptyLinesBytes = 4;

bool HasClientLeft(int fd) {
  char next = 0;
  const ssize_t count = recv(fd, &next, sizeof(next), MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN);
}

std::string QueryOf(std::string_view target) {
  const std::size_t question_mark = target.find('?');
  if (question_mark == std::string_view::npos) return {};
  return std::string(target.substr(question_mark + 1));
}

}  // namespace

HttpExchange::HttpExchange(std::string_view target, std::atomic<std::size_t>& live)
    : query(QueryOf(target)), live_(live) {}

HttpConnection::HttpConnection(int fd, ClientIdentity client, HttpConnections::Id id)
    : fd_(fd), client_(std::move(client)), id_(id) {}

bool HttpConnection::HasVerifiedCertificate() const {
  return tls_.context &&
         tls_.context->settings().client_auth == ClientAuth::kRequireAndVerifyClientCert;
}

void HttpConnection::BeginRequest(std::string_view target, std::atomic<std::size_t>& live) {
  exchange_.emplace(target, live);
  progress_.BeginHeaders();
}

std::optional<std::uint64_t> HttpConnection::BytesFromClient() const {
  if (tls_.context) return tls_.records.data_bytes();
  return ReceivedBytesOf(fd_);
}

void HttpConnection::BeginReply(std::uint64_t head_bytes) {
  progress_.BeginReply(head_bytes);
  // `head_bytes` does not include the empty line that some clients send after the previous request.
  const std::uint64_t received = BytesFromClient().value_or(0);
  if (received <= progress_.consumed() + kEmptyLinesBytes) progress_.ConsumeUntil(received);
}

bool HttpConnection::EndRequest(bool is_reply_sent) {
  // `policy` is null if the headers were never complete: libmicrohttpd then sends an error reply of
  // its own, and closes.
  const bool is_answered = is_reply_sent && exchange_ && exchange_->policy != nullptr;
  if (is_answered && !exchange_->is_last) progress_.EndReply();
  is_slow_reader_ = exchange_ && exchange_->held && exchange_->held->IsGivenUp();
  exchange_.reset();
  return is_answered;
}

bool HttpConnection::IsRequestCutShort(ConnectionClosing closing) const {
  if (tls_.context && !tls_.has_finished_handshake) return false;
  if (const auto received = BytesFromClient()) {
    return progress_.IsCutShort(*received, kEmptyLinesBytes + kFinBytes);
  }
  // The kernel does not count the bytes of a unix socket. If libmicrohttpd closes a connection that
  // waits for a request while the client is still there, the client has sent something that is not
  // a request.
  const bool is_closed_here = closing == ConnectionClosing::kByOthers && !HasClientLeft(fd_);
  return progress_.IsWithinHeaders() || (progress_.WaitsForRequest() && is_closed_here);
}

std::optional<HttpRefusal> HttpConnection::RefusalAtEnd(ConnectionClosing closing) const {
  const std::string& from = client_.address;
  const bool is_overdue = closing == ConnectionClosing::kOverdue;
  if (closing == ConnectionClosing::kForRoom) {
    return HttpRefusal{WebRefusal::kConnectionLimit,
                       "closed a connection of " + from +
                           " to make room for a new one: web.max_connections or a limit of the "
                           "system is reached"};
  }
  if (closing == ConnectionClosing::kForSameClient) {
    return HttpRefusal{
        WebRefusal::kAddressLimit,
        "closed a connection of " + from +
            " to make room for a new one from there: web.max_connections_per_address is reached"};
  }
  if (closing == ConnectionClosing::kRefused) {
    return HttpRefusal{WebRefusal::kAddressLimit,
                       "refused a connection from " + from +
                           ": web.max_connections_per_address is reached, and all are in use"};
  }
  if (is_slow_reader_) {
    return HttpRefusal{WebRefusal::kSlowReader,
                       "closed a connection of " + from +
                           ": it did not read its reply, and such replies take too much memory"};
  }
  if (const std::string why = tls_.Failure(); !why.empty()) {
    return HttpRefusal{WebRefusal::kTls,
                       "refused TLS from " + from + ": " +
                           (is_overdue && tls_.refusal.empty()
                                ? "the handshake was not complete within web.timeout"
                                : why)};
  }
  if (!IsRequestCutShort(closing)) return std::nullopt;
  const std::string refused = "refused a request from " + from + ": its request line or headers ";
  if (is_overdue) {
    return HttpRefusal{WebRefusal::kTimeout, refused + "were not complete within web.timeout"};
  }
  return HttpRefusal{WebRefusal::kMalformed, refused + "are malformed, too large or incomplete"};
}

}  // namespace connwatch
