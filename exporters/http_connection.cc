#include "exporters/http_connection.h"

#include <utility>

#include "exporters/received_bytes.h"

namespace connwatch {

namespace {

constexpr std::uint64_t kFinBytes = 1;
// Some clients send an empty line, or two, after a request.
constexpr std::uint64_t kStrayLineEndBytes = 4;

std::string QueryOf(std::string_view target) {
  const std::size_t question_mark = target.find('?');
  if (question_mark == std::string_view::npos) return {};
  return std::string(target.substr(question_mark + 1));
}

}  // namespace

HttpExchange::HttpExchange(std::string_view target, std::atomic<std::size_t>& live)
    : query(QueryOf(target)), live_(live) {}

HttpConnection::HttpConnection(int fd, HttpClient client, HttpConnections::Id id)
    : fd_(fd), client_(std::move(client)), id_(id) {}

bool HttpConnection::HasVerifiedCertificate() const {
  return tls_.context &&
         tls_.context->settings().client_auth == ClientAuth::kRequireAndVerifyClientCert;
}

void HttpConnection::BeginRequest(std::string_view target, std::atomic<std::size_t>& live) {
  exchange_.emplace(target, live);
  progress_.BeginHeaders();
}

void HttpConnection::BeginReply(std::uint64_t head_bytes) {
  progress_.BeginReply(head_bytes);
  if (!tls_.context) return;
  // Bytes on the wire are more than those of the request: what is read by now is its end.
  if (const auto received = ReceivedBytesOf(fd_)) progress_.Consumed(received->read());
}

bool HttpConnection::EndRequest(bool is_reply_sent) {
  const bool was_whole = exchange_ && exchange_->policy != nullptr;
  const bool waits = was_whole && is_reply_sent && !exchange_->is_last;
  exchange_.reset();
  if (waits) progress_.EndReply();
  return waits;
}

bool HttpConnection::IsRequestCutShort(std::optional<std::uint64_t> received) const {
  if (!tls_.context) return progress_.IsCutShort(received, kStrayLineEndBytes + kFinBytes);
  if (!tls_.is_finished) return false;
  RequestProgress progress = progress_;
  progress.Consumed(tls_.bytes);
  return progress.IsCutShort(received, tls_.closing_alert_bytes + kFinBytes);
}

std::optional<HttpRefusal> HttpConnection::RefusalAtEnd(ConnectionClosing closing) const {
  const auto counted = ReceivedBytesOf(fd_);
  const auto received = counted ? std::optional(counted->total) : std::nullopt;
  const std::string& from = client_.address;
  if (closing == ConnectionClosing::kForRoom) {
    return HttpRefusal{WebRefusal::kConnectionLimit,
                       "closed a connection of " + from + " to make room: web.max_connections"};
  }
  if (const std::string why = tls_.Failure(received.value_or(0) > kFinBytes); !why.empty()) {
    return HttpRefusal{WebRefusal::kTls, "refused TLS from " + from + ": " + why};
  }
  if (!IsRequestCutShort(received)) return std::nullopt;
  const bool is_overdue = closing == ConnectionClosing::kOverdue;
  const std::string why = is_overdue ? "it was not whole within web.timeout"
                                     : "its request line or headers are malformed, larger than "
                                       "16 KiB or broken off";
  return HttpRefusal{is_overdue ? WebRefusal::kTimeout : WebRefusal::kIncomplete,
                     "refused a request from " + from + ": " + why};
}

}  // namespace connwatch
