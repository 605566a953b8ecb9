#include "core/handshakes/handshake_batch.h"

namespace connwatch {

void AddOutcomes(HandshakeCounts& counts, const HandshakeBatch& batch) {
  counts.outcomes.at(IndexOf(batch.outcome)) += batch.count;
  counts.syn_retransmissions += batch.syn_retransmissions;
}

void AddLatency(LatencyCounts& latency, const HandshakeBatch& batch) {
  for (std::size_t i = 0; i < batch.buckets.size(); ++i) {
    if (batch.buckets[i] > 0) latency.AddBucket(i, batch.buckets[i]);
  }
  latency.AddSum(batch.duration);
}

}  // namespace connwatch
