#include "netlink/inet_diag_dump.h"

#include <libmnl/libmnl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "netlink/dump_refusal.h"

namespace connwatch {

namespace {

constexpr std::string_view kSocketDump = "socket dump (inet_diag)";

}  // namespace

std::deque<DumpRequest> InetDiagDump::PerFamily(const DumpQuery& query) {
  return {DumpRequest{query, AddressFamily::kIpv4}, DumpRequest{query, AddressFamily::kIpv6}};
}

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): buffer_ is written before it is read
InetDiagDump::InetDiagDump(NetlinkSocket socket, std::deque<DumpRequest> walks)
    : socket_(std::move(socket)), walks_(std::move(walks)) {}

Result<std::unique_ptr<InetDiagDump>> InetDiagDump::Open(std::deque<DumpRequest> walks) {
  auto socket = OpenSockDiag();
  if (!socket) return std::move(socket).error().Within(kSocketDump);
  std::unique_ptr<InetDiagDump> dump(new InetDiagDump(std::move(socket).value(), std::move(walks)));
  if (auto started = dump->StartNextWalk(); !started) return std::move(started).error();
  return dump;
}

int InetDiagDump::fd() const { return mnl_socket_get_fd(socket_.get()); }

Result<void> InetDiagDump::StartNextWalk() {
  const auto request = BuildDumpRequest(walks_.front(), ++sequence_);
  if (mnl_socket_sendto(socket_.get(), request.data(), request.size()) < 0) {
    return Error::FromErrno(errno, "send request").Within(kSocketDump);
  }
  parser_.Expect({sequence_, mnl_socket_get_portid(socket_.get())}, walks_.front().query.details);
  return {};
}

Result<RecordBatch> InetDiagDump::ReadBatch() {
  auto datagram = ReceiveFromKernel(fd(), buffer_);
  if (!datagram) return std::move(datagram).error().Within(kSocketDump);
  if (!*datagram) return RecordBatch{{}, DumpProgress::kWouldBlock};
  auto batch = parser_.Parse(**datagram);
  if (!batch) return OnError(std::move(batch).error());
  any_record_ = any_record_ || !batch->records.empty();
  if (batch->progress != DumpProgress::kDone) return batch;
  walks_.pop_front();
  if (walks_.empty()) return batch;
  if (auto started = StartNextWalk(); !started) return std::move(started).error();
  batch->progress = DumpProgress::kMore;
  return batch;
}

Result<RecordBatch> InetDiagDump::OnError(Error error) {
  const DumpStage stage{!walks_.front().family.has_value(), any_record_};
  switch (RefusalIn(error, stage)) {
    case DumpRefusal::kNone:
      break;
    case DumpRefusal::kBothFamilies:
      walks_ = PerFamily(walks_.front().query);
      if (auto started = StartNextWalk(); !started) return std::move(started).error();
      return RecordBatch{{}, DumpProgress::kMore};
    case DumpRefusal::kAnyDump:
      error = std::move(error).Within(
          "the kernel offers no TCP socket dump: is the module tcp_diag loaded?");
      break;
  }
  return std::move(error).Within(kSocketDump);
}

}  // namespace connwatch
