// Parses one received datagram into the socket records in it. Walks the netlink messages and checks
// each before socket_message.h reads it. Pure; the bytes are not trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/sockets/socket_details.h"
#include "core/sockets/socket_record.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

/// The numbers that mark a message as a reply to our request.
struct DumpIdentity {
  std::uint32_t sequence = 0;
  std::uint32_t port_id = 0;
};

class DumpParser {
 public:
  DumpParser();

  /// From now on only messages with `identity` count as replies. `with_details` is
  /// DumpQuery::details.
  void Expect(DumpIdentity identity, bool with_details = false) {
    identity_ = identity;
    with_details_ = with_details;
  }

  /// Returns the records of one datagram, valid until the next call. `progress` is kDone if the
  /// kernel said so, else kMore. Messages with another identity are skipped.
  ///
  /// Errors: the errno that the kernel reported in NLMSG_ERROR or as the status of NLMSG_DONE;
  /// ENOBUFS for NLMSG_OVERRUN; EBADMSG if a length does not fit.
  Result<RecordBatch> Parse(std::span<const std::byte> datagram);

 private:
  Result<DumpProgress> ParseMessage(std::uint16_t type, std::span<const std::byte> payload);

  DumpIdentity identity_;
  bool with_details_ = false;
  std::vector<SocketRecord> records_;  // kept between datagrams: no allocation per record
  std::vector<SocketDetails> details_;
};

}  // namespace connwatch
