// Counts the handshakes of the host's own network namespace by direction and group. Pure; used by
// one thread.
#pragma once

#include "core/groups/connection_classifier.h"
#include "core/groups/group_key.h"
#include "core/handshakes/handshake_batch.h"
#include "core/handshakes/handshake_counts.h"

namespace connwatch {

class HandshakeLedger {
 public:
  /// `classifier` must outlive the ledger.
  explicit HandshakeLedger(ConnectionClassifier& classifier) : classifier_(classifier) {}

  /// Books the batch and returns where. It must be of this network namespace.
  GroupKey Add(const HandshakeBatch& batch);

  /// Only grow.
  const PerGroup<HandshakeCounts>& totals() const { return totals_; }

 private:
  GroupKey KeyOf(const HandshakeBatch& batch);

  ConnectionClassifier& classifier_;
  PerGroup<HandshakeCounts> totals_{{}};
};

}  // namespace connwatch
