// A dump in flight: one netlink socket, the walks still to do, and the checks on what arrives.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "core/sockets/socket_source.h"
#include "netlink/dump_parser.h"
#include "netlink/dump_request.h"
#include "netlink/netlink_socket.h"

namespace connwatch {

class InetDiagDump final : public SocketDump {
 public:
  /// Opens a socket and sends the request of the first of `walks`. The others follow one by one.
  static Result<std::unique_ptr<InetDiagDump>> Open(std::deque<DumpRequest> walks);

  /// Returns two walks, one for each family, to use instead of one for both.
  static std::deque<DumpRequest> PerFamily(const DumpQuery& query);

  Result<RecordBatch> ReadBatch() override;
  int fd() const override;

 private:
  // The kernel limits a batch to 32 KiB, whatever the reader offers.
  // kernel: netlink_dump() in net/netlink/af_netlink.c.
  static constexpr std::size_t kReceiveBufferBytes = std::size_t{32} * 1024;

  InetDiagDump(NetlinkSocket socket, std::deque<DumpRequest> walks);

  Result<void> StartNextWalk();
  Result<RecordBatch> OnError(Error error);

  NetlinkSocket socket_;
  std::deque<DumpRequest> walks_;  // the first one is under way
  std::uint32_t sequence_ = 0;
  bool any_record_ = false;
  DumpParser parser_;
  std::array<std::byte, kReceiveBufferBytes> buffer_;
};

}  // namespace connwatch
