#include "core/handshakes/handshake_ledger.h"

#include "core/sockets/socket_record.h"

namespace connwatch {

GroupKey HandshakeLedger::Add(const HandshakeBatch& batch) {
  const GroupKey key = KeyOf(batch);
  HandshakeCounts& counts = totals_[key];
  AddOutcomes(counts, batch);
  AddLatency(counts.latency, batch);
  return key;
}

GroupKey HandshakeLedger::KeyOf(const HandshakeBatch& batch) {
  const GroupKey other{batch.direction, kOtherGroup};
  if (!batch.has_ports) return other;
  SocketRecord record;
  record.state = TcpState::kEstablished;
  record.local = batch.local;
  record.remote = batch.remote;
  record.cgroup_id = batch.cgroup_id;
  const auto classified = classifier_.Classify(record, batch.direction);
  return classified ? classified->key : other;
}

}  // namespace connwatch
