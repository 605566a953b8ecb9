#include "netlink/inet_diag_cookies.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "netlink/inet_diag_source.h"
#include "netlink/load_at.h"
#include "netlink/socket_message.h"

namespace connwatch {

namespace {

void PutAddress(const IpAddress& address, std::span<__be32, 4> words) {
  const auto bytes = address.NetworkOrder();
  std::memcpy(words.data(), bytes.data(), bytes.size());
}

constexpr const char* kAnswers = "read the answers of inet_diag";

// Asks for the one socket between the endpoints, whatever its cookie is.
// kernel: inet_diag_find_one_icsk(). An IPv6 socket that is used for IPv4 is found by IPv4.
void PutRequest(nlmsghdr* header, const SocketRecord& wanted) {
  auto* body =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  body->sdiag_family = wanted.local.address.family() == AddressFamily::kIpv4 ? AF_INET : AF_INET6;
  body->sdiag_protocol = IPPROTO_TCP;
  body->idiag_ext = 1U << (INET_DIAG_INFO - 1U);
  PutAddress(wanted.local.address, body->id.idiag_src);
  PutAddress(wanted.remote.address, body->id.idiag_dst);
  body->id.idiag_sport = htons(wanted.local.port);
  body->id.idiag_dport = htons(wanted.remote.port);
  body->id.idiag_if = wanted.interface;
  body->id.idiag_cookie[0] = body->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

// If the socket is gone, the kernel answers with the listener of its port, if there is one, or with
// the mini-socket that has taken its place. That has no tcp_info, and its cookie is not the one
// that the destroy event of the socket had.
std::optional<std::uint64_t> CookieIn(std::span<const std::byte> payload,
                                      const SocketRecord& asked) {
  const auto answer = ParseSocketMessage(payload);
  const bool is_asked_for =
      answer && answer->tcp_info && answer->local == asked.local && answer->remote == asked.remote;
  return is_asked_for ? std::optional(answer->cookie) : std::nullopt;
}

}  // namespace

Result<void> InetDiagCookies::Ask(std::span<const SocketRecord> records) {
  constexpr std::size_t kRequestBytes = NLMSG_SPACE(sizeof(inet_diag_req_v2));
  alignas(nlmsghdr) std::array<std::byte, kBatch * kRequestBytes> buffer{};
  std::size_t length = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data() + length);
    header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = sequence_ + static_cast<std::uint32_t>(i);
    PutRequest(header, records[i]);
    length += NLMSG_ALIGN(header->nlmsg_len);
  }
  if (mnl_socket_sendto(socket_.get(), buffer.data(), length) < 0) {
    return Error::FromErrno(errno, "ask inet_diag for sockets");
  }
  return {};
}

// The kernel has answered every request before sendto(2) returns; ENOENT or ESTALE says that the
// socket is gone. So if there is nothing to read, an answer was lost. That does not mean that a
// socket is gone.
Result<void> InetDiagCookies::ReadAnswers(std::span<const SocketRecord> asked,
                                          std::span<std::optional<std::uint64_t>> cookies) {
  for (std::size_t answers = 0; answers < asked.size();) {
    alignas(nlmsghdr) std::array<std::byte, 8'192> buffer{};
    auto datagram = ReceiveFromKernel(mnl_socket_get_fd(socket_.get()), buffer);
    if (!datagram) return std::move(datagram).error().Within(kAnswers);
    if (!*datagram) return Error{0, "an answer was lost"}.Within(kAnswers);
    const std::span<const std::byte> received = **datagram;
    nlmsghdr header{};
    if (received.size() < sizeof(header)) continue;
    std::memcpy(&header, received.data(), sizeof(header));
    const std::size_t index = header.nlmsg_seq - sequence_;
    if (index >= asked.size()) continue;  // an answer to a batch that was given up
    ++answers;
    const bool is_whole = header.nlmsg_len >= sizeof(header) && header.nlmsg_len <= received.size();
    if (!is_whole) return Error{0, "malformed answer"}.Within(kAnswers);
    if (header.nlmsg_type == NLMSG_ERROR) {
      const int code = -LoadAt<int>(received, sizeof(header)).value_or(0);
      const bool is_gone = code == ENOENT || code == ESTALE;
      if (!is_gone) return Error::FromErrno(code, "ask inet_diag for a socket");
    }
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) continue;
    const auto payload = received.subspan(sizeof(header), header.nlmsg_len - sizeof(header));
    cookies[index] = CookieIn(payload, asked[index]);
  }
  return {};
}

Result<std::vector<std::optional<std::uint64_t>>> InetDiagCookies::GiveTo(
    std::span<const SocketRecord> records) {
  if (!socket_) {
    auto opened = OpenSockDiag();
    if (!opened) return std::move(opened).error();
    socket_ = std::move(opened).value();
  }
  std::vector<std::optional<std::uint64_t>> cookies(records.size());
  for (std::size_t begin = 0; begin < records.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, records.size() - begin);
    const auto asked = records.subspan(begin, count);
    if (auto sent = Ask(asked); !sent) return std::move(sent).error();
    auto read = ReadAnswers(asked, std::span(cookies).subspan(begin, count));
    sequence_ += kBatch;
    if (!read) return std::move(read).error();
  }
  return cookies;
}

Result<void> InetDiagCookies::GiveToListeners() {
  auto dump = InetDiagSource().Open({.states = {TcpState::kListen}});
  if (!dump) return std::move(dump).error();
  for (;;) {
    const auto batch = (*dump)->ReadBatch();
    if (!batch) return batch.error();
    // The kernel has the next batch ready when it has delivered one.
    if (batch->progress != DumpProgress::kMore) return {};
  }
}

}  // namespace connwatch
