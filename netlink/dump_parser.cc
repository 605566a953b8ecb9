#include "netlink/dump_parser.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "netlink/details_message.h"
#include "netlink/load_at.h"
#include "netlink/socket_message.h"

namespace connwatch {

namespace {

using Bytes = std::span<const std::byte>;

Error Malformed(const std::string& what) { return Error{EBADMSG, "netlink datagram: " + what}; }

// The status word of NLMSG_ERROR and NLMSG_DONE: 0, or a negative errno.
Result<void> CheckStatus(Bytes payload, std::string_view message_name) {
  const auto status = LoadAt<std::int32_t>(payload, 0);
  if (!status) return Malformed(std::string(message_name) + " without a status");
  if (*status == 0) return {};
  // kernel: include/linux/err.h, MAX_ERRNO.
  constexpr std::int32_t kLastErrno = 4095;
  if (*status > 0 || *status < -kLastErrno) {
    return Malformed(std::string(message_name) + " with status " + std::to_string(*status));
  }
  return Error::FromErrno(-*status, std::string("the kernel answered ").append(message_name));
}

}  // namespace

DumpParser::DumpParser() {
  constexpr std::size_t kRecordsPerBatch = 300;  // 32 KiB of the smallest records
  records_.reserve(kRecordsPerBatch);
}

Result<DumpProgress> DumpParser::ParseMessage(std::uint16_t type, Bytes payload) {
  switch (type) {
    case TCPDIAG_GETSOCK:
    case SOCK_DIAG_BY_FAMILY: {
      auto record = ParseSocketMessage(payload);
      if (!record) return std::move(record).error();
      records_.push_back(*record);
      if (!with_details_) return DumpProgress::kMore;
      auto details = ParseSocketDetails(payload);
      if (!details) return std::move(details).error();
      details_.push_back(*std::move(details));
      return DumpProgress::kMore;
    }
    case NLMSG_DONE:
      if (auto status = CheckStatus(payload, "NLMSG_DONE"); !status) {
        return std::move(status).error();
      }
      return DumpProgress::kDone;
    case NLMSG_ERROR:
      if (auto status = CheckStatus(payload, "NLMSG_ERROR"); !status) {
        return std::move(status).error();
      }
      return DumpProgress::kMore;  // status 0 is an acknowledgement
    case NLMSG_OVERRUN:
      return Error::FromErrno(ENOBUFS, "the kernel answered NLMSG_OVERRUN");
    default:
      return DumpProgress::kMore;
  }
}

Result<RecordBatch> DumpParser::Parse(Bytes datagram) {
  records_.clear();
  details_.clear();
  DumpProgress progress = DumpProgress::kMore;
  while (!datagram.empty() && progress == DumpProgress::kMore) {
    const auto header = LoadAt<nlmsghdr>(datagram, 0);
    if (!header) return Malformed("bytes after the last message");
    if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > datagram.size()) {
      return Malformed("message length " + std::to_string(header->nlmsg_len) + " with " +
                       std::to_string(datagram.size()) + " bytes left");
    }
    if (header->nlmsg_seq == identity_.sequence && header->nlmsg_pid == identity_.port_id) {
      auto parsed =
          ParseMessage(header->nlmsg_type, datagram.first(header->nlmsg_len).subspan(NLMSG_HDRLEN));
      if (!parsed) return std::move(parsed).error();
      progress = *parsed;
    }
    datagram =
        datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), datagram.size()));
  }
  return RecordBatch{records_, progress, details_};
}

}  // namespace connwatch
