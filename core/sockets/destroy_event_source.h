// The interface that tells when connections end: a stream delivers the final record of every socket
// that ends. netlink/ implements it over the destroy groups of sock_diag; tests script it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/sockets/socket_record.h"

namespace connwatch {

struct DestroyEventBatch {
  /// In state CLOSE, with the final tcp_info. Valid until the next call on the same stream.
  std::span<const SocketRecord> records;
  /// True iff events before these were lost because there was no room for them.
  bool is_overrun = false;
  /// True if more events may be waiting. If not, wait until fd() is readable.
  bool has_more = false;
};

/// Destroying it ends the stream. After an error it must not be read again. Used by one thread.
class DestroyEventStream {
 public:
  virtual ~DestroyEventStream() = default;

  /// Returns the events that have come. Does not block.
  virtual Result<DestroyEventBatch> ReadBatch() = 0;
  /// How long events may wait after a read, so that one more read gets many of them.
  virtual std::chrono::milliseconds gather() const { return std::chrono::milliseconds(2); }
  /// Becomes readable when ReadBatch has something. The same as long as the stream lives.
  virtual int fd() const = 0;
};

/// Used by one thread.
class DestroyEventSource {
 public:
  virtual ~DestroyEventSource() = default;

  /// True iff its streams tell of all network namespaces, with SocketRecord::net_cookie.
  virtual bool SeesAllNamespaces() const { return false; }

  /// Opens a stream of all TCP sockets that end from now on. `buffer_bytes` is the room for events
  /// that wait to be read. The kernel may give less.
  virtual Result<std::unique_ptr<DestroyEventStream>> Open(std::size_t buffer_bytes) = 0;
};

}  // namespace connwatch
