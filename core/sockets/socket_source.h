// The interface between the kernel and everything that counts sockets. A source opens dumps, and a
// dump delivers records in batches. netlink/ implements it over inet_diag, bpf/ by
// a walk over the kernel's own table; tests script it.
#pragma once

#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/sockets/endpoint_filter.h"
#include "core/sockets/socket_details.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

/// Which sockets to dump, and what to ask for about each beyond its state, addresses and queues.
struct DumpQuery {
  TcpStateSet states = TcpStateSet::All();
  bool tcp_info = false;
  bool socket_memory = false;  // for the drop count
  /// Asks for everything that SocketDetails has, and fills in RecordBatch::details.
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
  /// The details of each record, valid as long as `records`. Empty unless DumpQuery::details is set
  /// and the source has them.
  std::span<const SocketDetails> details = {};
};

/// A dump of the kernel's socket table that is under way. Destroying it ends the dump. After an
/// error or kDone it must not be read again. Used by one thread.
class SocketDump {
 public:
  virtual ~SocketDump() = default;

  /// Returns the next records. Does not block. A walk is not a snapshot: a socket may come twice or
  /// be missed. On an error nothing of this batch is returned and the dump is over.
  virtual Result<RecordBatch> ReadBatch() = 0;

  /// Becomes readable when ReadBatch has something. The same as long as the dump lives.
  virtual int fd() const = 0;

  /// False iff the dump itself makes sure that no socket comes twice. Its reader need not then.
  virtual bool MayRepeat() const { return true; }
};

/// Opens dumps. Used by one thread.
class SocketSource {
 public:
  virtual ~SocketSource() = default;

  /// Asks for the TCP sockets of the network namespace. LISTEN sockets come before all other
  /// sockets of their family.
  virtual Result<std::unique_ptr<SocketDump>> Open(const DumpQuery& query) = 0;

  /// True iff a dump of few states costs nearly as much as one of all states, and the latter tells
  /// the same of those few. Then one dump should serve two tiers that are due at once.
  virtual bool OnePassServesAll() const { return false; }
};

}  // namespace connwatch
