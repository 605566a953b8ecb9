// The BPF programs of connection_trace.bpf.c as the kernel has loaded them, and the memory that
// they write to. Knows libbpf, and nothing about connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bpf/trace_layout.h"
#include "core/base/result.h"

namespace connwatch {

struct TraceSettings {
  /// The inclusive upper bounds of the buckets, ascending; fewer than TRACE_BUCKETS.
  std::span<const std::uint64_t> bounds_ns;
  /// Do not count handshakes between two loopback addresses.
  bool excludes_loopback = false;
  /// Room for ends that wait to be read: a power of two, at least a page.
  std::size_t end_bytes = 0;
};

/// Used by one thread.
class TraceProgram {
 public:
  /// Loads the programs for the running kernel, and attaches them. An error is a whole sentence for
  /// people.
  static Result<std::unique_ptr<TraceProgram>> Load(const TraceSettings& settings);

  ~TraceProgram();
  TraceProgram(const TraceProgram&) = delete;
  TraceProgram& operator=(const TraceProgram&) = delete;

  /// True iff the kernel tells of connects that fail before they send a SYN.
  bool sees_connect_fail() const;
  /// The cookie of the network namespace of the process.
  std::uint64_t own_net_cookie() const;
  /// Its tcp_keepalive_time, in ticks of the kernel's clock.
  std::uint32_t own_keepalive_ticks() const;
  /// The size of a task's stack in the kernel, in bytes. The programs need it to tell interrupts
  /// from tasks.
  std::uint64_t stack_bytes() const;

  /// From now on the programs tell handshakes apart by `bits` (enum trace_detail) as well.
  void UseDetail(std::uint32_t bits);
  /// The programs change it at any time. Valid as long as this lives.
  const trace_losses& losses() const;

  /// What it refers to is valid only during the call.
  using TakeCounts = std::function<void(const trace_key&, const trace_counts&, bool has_addresses)>;
  using TakeCoarse =
      std::function<void(trace_direction direction, trace_outcome outcome, std::uint64_t count)>;
  /// Empties the table that the programs do not write to, and tells what was in it. Call it only if
  /// the latest SwapTables() was so long ago that no program is left that began before it: half a
  /// second. After an error the rest is still in the table.
  Result<void> Empty(const TakeCounts& take, const TakeCoarse& take_coarse);
  /// From now on the programs write to the other table, which must be empty.
  void SwapTables();

  /// Whether the ends of connections are written down.
  void WantEnds(bool wants);
  /// Readable when there are ends to read.
  int ends_fd() const;
  /// Tells the ends that have come, at most `most` of them. Returns true if there may be more. Does
  /// not block.
  Result<bool> ReadEnds(std::size_t most, const std::function<void(const trace_end&)>& take);

 private:
  struct Skeleton;  // keeps libbpf out of this header
  struct EndReader;

  explicit TraceProgram(std::unique_ptr<Skeleton> skeleton);
  Result<void> Attach();
  Result<void> ReadOwn();
  Result<void> EmptyMap(int map, bool has_addresses, const TakeCounts& take);

  std::unique_ptr<Skeleton> skeleton_;
  std::unique_ptr<EndReader> reader_;
  std::vector<trace_key> keys_;
  std::vector<trace_counts> counts_;
};

}  // namespace connwatch
