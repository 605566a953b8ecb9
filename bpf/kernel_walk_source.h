// Socket dumps by the walk over the kernel's own table. One source, and all dumps of it, share one
// program and its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bpf/kernel_walk.h"
#include "bpf/walk_parser.h"
#include "bpf/walk_program.h"

namespace connwatch {

class KernelWalkSource final : public SocketWalk {
 public:
  /// See OpenKernelWalk().
  static Result<std::unique_ptr<KernelWalkSource>> Create(std::unique_ptr<WalkProgram> program,
                                                          std::uint64_t tcp_keepalive_time_s,
                                                          CookieGiver& cookies);

  /// Never blocks. EINVAL if details are asked for: the walk has none.
  Result<std::unique_ptr<SocketDump>> Open(const DumpQuery& query) override;
  bool OnePassServesAll() const override { return true; }
  Result<std::vector<NamespaceFacts>> ReadNamespaces() override;
  const WalkStats& stats() const override { return stats_; }

  // For its dumps.

  /// One run over the listeners, from `bucket` on. Returns where to go on; `buckets` at the end.
  struct Progress {
    std::uint32_t next = 0;
    std::uint32_t buckets = 0;  // of the table; 0: it is gone
    bool is_long = false;       // the run took long enough to let others have the loop
  };
  Result<Progress> ReadListeners(const DumpQuery& query, std::uint32_t bucket, ParsedWalk& parsed);
  /// A hash table of sockets that do not listen, named by the cookie of the network namespace that
  /// has it to itself. kShared is the table of all namespaces without one of their own.
  enum class Table : std::uint64_t { kShared = 0 };
  /// The same over such a table. If its namespace is gone, so are its sockets, and the walk is at
  /// its end.
  Result<Progress> ReadConnections(const DumpQuery& query, Table table, std::uint32_t bucket,
                                   ParsedWalk& parsed);
  /// Gives cookies to all LISTEN sockets of this network namespace, of which `missing` have none.
  Result<void> GiveCookiesToListeners(std::size_t missing);
  const std::vector<Table>& tables() const { return tables_; }

 private:
  /// The most network namespaces that are listed.
  static constexpr std::size_t kMaxListedNamespaces = 16'384;

  KernelWalkSource(std::unique_ptr<WalkProgram> program, CookieGiver& cookies)
      : program_(std::move(program)), cookies_(cookies) {}
  Result<void> LearnClock(std::uint64_t tcp_keepalive_time_s);
  // All network namespaces of the host, that of the process first.
  Result<std::vector<walk_namespace>> ListNamespaces();
  void FindTables(std::span<const walk_namespace> namespaces);
  void Count(const walk_report& run);
  Progress Take(const walk_report& report, const DumpQuery& query, ParsedWalk& parsed);
  Result<void> GiveCookies(ParsedWalk& parsed);

  std::unique_ptr<WalkProgram> program_;
  CookieGiver& cookies_;
  WalkContext context_;
  std::vector<Table> tables_;
  std::vector<SocketRecord> asked_;  // reused
  WalkStats stats_;
};

}  // namespace connwatch
