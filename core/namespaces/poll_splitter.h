// Splits the sockets of a poll by network namespace: those of the host's own go to the work that
// would get them all if there were no others, and the rest to the NamespaceTable.
#pragma once

#include "core/namespaces/namespace_table.h"
#include "core/polling/poll_work.h"
#include "core/polling/tier.h"

namespace connwatch {

class PollSplitter final : public PollWork {
 public:
  /// `host` is the tier's work for the host's own namespace. Both must outlive the splitter.
  PollSplitter(Tier tier, PollWork& host, NamespaceTable& others)
      : tier_(tier), host_(host), others_(others) {}

  DumpQuery Query() const override { return host_.Query(); }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records, Instant now) override;
  void Complete(Instant now) override;

 private:
  const Tier tier_;
  PollWork& host_;
  NamespaceTable& others_;
};

}  // namespace connwatch
