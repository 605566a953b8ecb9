// The seam between the kernel and everything that counts: a source opens dumps, a dump hands out
// records in batches. netlink/ implements it over inet_diag; tests script it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/sockets/endpoint_filter.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// Which sockets to dump, and what of each beyond its state, addresses and queues.
struct DumpQuery {
  TcpStateSet states = TcpStateSet::All();
  bool tcp_info = false;
  bool socket_memory = false;  // for the drop count
  /// Everything that netlink/details_message.h reads, and RecordBatch::messages to read it from.
  bool details = false;
  EndpointFilter endpoints = {};
};

enum class DumpProgress {
  kMore,        // read again at once: more is waiting, or may be
  kWouldBlock,  // nothing to read now: wait until fd() is readable
  kDone,        // the dump is complete; these were its last records
};

struct RecordBatch {
  /// Valid until the next call on the same dump.
  std::span<const SocketRecord> records;
  DumpProgress progress = DumpProgress::kMore;
  /// With DumpQuery::details, the kernel's bytes of each record, likewise valid; else empty.
  std::span<const std::span<const std::byte>> messages = {};
};

/// One walk of the kernel's socket table in flight. Destroying it ends the walk. After an error or
/// kDone it must not be read again. Used by one thread.
class SocketDump {
 public:
  virtual ~SocketDump() = default;

  /// The next records, without blocking. A walk is not a snapshot: a socket may come twice or be
  /// missed. On an error nothing of this batch is returned and the dump is over.
  virtual Result<RecordBatch> ReadBatch() = 0;

  /// Becomes readable when ReadBatch has something. The same as long as the dump lives.
  virtual int fd() const = 0;
};

/// Where dumps come from. Used by one thread.
class SocketSource {
 public:
  virtual ~SocketSource() = default;

  /// Asks for the namespace's TCP sockets. Listening sockets come before all others.
  virtual Result<std::unique_ptr<SocketDump>> Open(const DumpQuery& query) = 0;
};

}  // namespace connwatch
