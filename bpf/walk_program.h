// The BPF program as the kernel has loaded it, and the memory that it writes to. Knows libbpf, and
// nothing about sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bpf/walk_counters.h"
#include "bpf/walk_layout.h"
#include "core/base/result.h"

namespace connwatch {

/// Used by one thread.
class WalkProgram {
 public:
  /// Loads the program for the running kernel. Errors are whole sentences for people.
  static Result<std::unique_ptr<WalkProgram>> Load();

  ~WalkProgram();
  WalkProgram(const WalkProgram&) = delete;
  WalkProgram& operator=(const WalkProgram&) = delete;

  // Each of these is one run of about a millisecond at most. The next run overwrites what it wrote.

  /// LISTEN sockets of all network namespaces, from `bucket` on.
  Result<walk_report> WalkListeners(std::uint32_t bucket);
  /// All other sockets in one of `states` (bit N is the kernel's state N), from `bucket` on, of the
  /// table of the network namespace `net_cookie`. 0 means the table that is shared by all
  /// namespaces without one of their own. If the namespace is gone, the report has no buckets.
  Result<walk_report> WalkConnections(std::uint64_t net_cookie, std::uint32_t states,
                                      std::uint32_t bucket);
  /// A part of the network namespaces of the host: those after the one with the cookie `after`. If
  /// that is 0, the list begins, with the namespace of the process.
  Result<walk_report> ListNamespaces(std::uint64_t after);

  /// What the latest walk wrote, or the latest list. Valid until the next run.
  std::span<const std::byte> records(const walk_report& report) const;
  std::span<const walk_namespace> namespaces(const walk_report& report) const;
  const CounterPlaces& counters() const { return counters_; }

 private:
  struct Skeleton;  // keeps libbpf out of this header

  explicit WalkProgram(std::unique_ptr<Skeleton> skeleton);
  Result<walk_report> Run(int program, std::span<std::uint64_t> arguments);

  std::unique_ptr<Skeleton> skeleton_;
  CounterPlaces counters_;
};

}  // namespace connwatch
