#include "netlink/inet_destroy_events.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "netlink/dump_parser.h"
#include "netlink/netlink_socket.h"

namespace connwatch {

namespace {

constexpr std::string_view kDestroyEvents = "destroy events (sock_diag)";

// Each datagram has one event, of about 400 bytes. Newer kernels have a larger tcp_info.
constexpr std::size_t kDatagramBytes = 2'048;
constexpr std::size_t kDatagrams = 64;

class InetDestroyEvents final : public DestroyEventStream {
 public:
  explicit InetDestroyEvents(NetlinkSocket socket) : socket_(std::move(socket)) {
    for (std::size_t i = 0; i < kDatagrams; ++i) {
      parts_.at(i) = {buffers_.at(i).data(), kDatagramBytes};
    }
    records_.reserve(kDatagrams);
    parser_.Expect({});  // an event is no reply: sequence and port id are 0
  }

  int fd() const override { return mnl_socket_get_fd(socket_.get()); }

  Result<DestroyEventBatch> ReadBatch() override {
    records_.clear();
    const int received = Receive();
    if (received < 0) return Failed(errno);
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
      if (auto parsed = Parse(i); !parsed) return std::move(parsed).error().Within(kDestroyEvents);
    }
    return DestroyEventBatch{records_, false, static_cast<std::size_t>(received) == kDatagrams};
  }

 private:
  static Result<DestroyEventBatch> Failed(int code) {
    switch (code) {
      case ENOBUFS:
        return DestroyEventBatch{{}, true, true};
      case EAGAIN:
      case EINTR:
        return DestroyEventBatch{};
      default:
        return Error::FromErrno(code, "receive").Within(kDestroyEvents);
    }
  }

  int Receive() {
    for (std::size_t i = 0; i < kDatagrams; ++i) {
      msghdr& header = messages_.at(i).msg_hdr;
      header = {};
      header.msg_name = &senders_.at(i);
      header.msg_namelen = sizeof(sockaddr_nl);
      header.msg_iov = &parts_.at(i);
      header.msg_iovlen = 1;
    }
    return recvmmsg(fd(), messages_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
  }

  Result<void> Parse(std::size_t index) {
    const mmsghdr& message = messages_.at(index);
    if (!IsFromKernel(message.msg_hdr)) return {};
    if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      return Error::FromErrno(EMSGSIZE, "an event of more than " + std::to_string(kDatagramBytes));
    }
    auto batch = parser_.Parse(std::span(buffers_.at(index)).first(message.msg_len));
    if (!batch) return std::move(batch).error();
    records_.insert(records_.end(), batch->records.begin(), batch->records.end());
    return {};
  }

  NetlinkSocket socket_;
  DumpParser parser_;
  std::vector<SocketRecord> records_;
  std::array<std::array<std::byte, kDatagramBytes>, kDatagrams> buffers_{};
  std::array<sockaddr_nl, kDatagrams> senders_{};
  std::array<iovec, kDatagrams> parts_{};
  std::array<mmsghdr, kDatagrams> messages_{};
};

// Makes the buffer as large as the kernel allows. A smaller one works too, but loses events sooner.
void SetBuffer(int fd, std::size_t bytes) {
  const int size = static_cast<int>(bytes / 2);  // the kernel doubles it
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

}  // namespace

Result<std::unique_ptr<DestroyEventStream>> InetDestroyEventSource::Open(std::size_t buffer_bytes) {
  // The socket must be bound before it joins, because an unbound socket receives nothing, without
  // an error.
  auto socket = OpenSockDiag();
  if (!socket) return std::move(socket).error().Within(kDestroyEvents);
  SetBuffer(mnl_socket_get_fd(socket->get()), buffer_bytes);
  for (int group : {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY}) {
    if (mnl_socket_setsockopt(socket->get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
      return Error::FromErrno(errno, "join the groups").Within(kDestroyEvents);
    }
  }
  return std::unique_ptr<DestroyEventStream>(
      std::make_unique<InetDestroyEvents>(std::move(socket).value()));
}

}  // namespace connwatch
