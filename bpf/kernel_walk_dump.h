// A dump in flight: where the walk stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/kernel_walk_source.h"
#include "core/sockets/socket_source.h"

namespace connwatch {

class KernelWalkDump final : public SocketDump {
 public:
  /// `source` must outlive the dump. Takes `ready_fd`, which is always readable. It is the dump's
  /// own, because an event loop takes each descriptor only once.
  KernelWalkDump(KernelWalkSource& source, const DumpQuery& query, int ready_fd);
  ~KernelWalkDump() override;
  KernelWalkDump(const KernelWalkDump&) = delete;
  KernelWalkDump& operator=(const KernelWalkDump&) = delete;

  /// One run of the program. LISTEN sockets come first.
  Result<RecordBatch> ReadBatch() override;
  int fd() const override { return ready_fd_; }
  bool MayRepeat() const override { return false; }

 private:
  Result<KernelWalkSource::Progress> ReadListeners();
  bool HasMore() const { return reads_listeners_ || table_ < tables_.size(); }

  KernelWalkSource& source_;
  DumpQuery query_;
  int ready_fd_;
  std::vector<KernelWalkSource::Table> tables_;  // to walk
  bool reads_listeners_;                         // they are still to be read
  bool has_given_cookies_ = false;               // to all listeners
  std::size_t table_ = 0;                        // the one that is walked
  std::uint32_t bucket_ = 0;                     // where to go on
  ParsedWalk parsed_;
};

}  // namespace connwatch
