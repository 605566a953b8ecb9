// The tracing of connections, as values of core/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "bpf/connection_tracing.h"
#include "bpf/trace_program.h"
#include "bpf/walk_parser.h"

namespace connwatch {

class ConnectionTracer final : public ConnectionTracing {
 public:
  /// See OpenConnectionTracing().
  static Result<std::unique_ptr<ConnectionTracer>> Create(const TracingOptions& options);

  Result<void> Read(const std::function<void(const HandshakeBatch&)>& take) override;
  void Ask(const HandshakeDetail& detail) override;
  TracingStatus status() const override;
  bool SeesAllNamespaces() const override { return true; }
  /// The stream tells the ends of all network namespaces. `buffer_bytes` is not used, because
  /// TracingOptions::end_bytes has decided about the room. There may be one stream at a time, and
  /// the tracer must outlive it.
  Result<std::unique_ptr<DestroyEventStream>> Open(std::size_t buffer_bytes) override;

 private:
  explicit ConnectionTracer(std::unique_ptr<TraceProgram> program) : program_(std::move(program)) {}

  std::unique_ptr<TraceProgram> program_;
  WalkContext context_;
  std::uint64_t keys_ = 0;
  std::uint64_t read_failures_ = 0;
};

}  // namespace connwatch
