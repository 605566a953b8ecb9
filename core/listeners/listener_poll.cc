#include "core/listeners/listener_poll.h"

namespace connwatch {

void ListenerPoll::Begin(Instant now) {
  start_ = now.monotonic;
  listening_.clear();
  seen_.emplace();
  DropAttribution& drops = listener_tracker_.drop_attribution();
  if (drops.IsCounterDue(now.monotonic)) drops.ReadCounter(read_listen_drops_(), now.monotonic);
}

void ListenerPoll::Add(std::span<const SocketRecord> records, Instant /*now*/) {
  for (const SocketRecord& record : records) {
    if (seen_->Insert(record.cookie)) listening_.push_back(record);
  }
}

void ListenerPoll::Complete(Instant now) {
  listener_tracker_.UpdateAcceptQueues(listening_, now.monotonic);
  for (const SocketRecord& record : listening_) {
    classifier_.AddListener(record, now.monotonic);
  }
  classifier_.CompleteListeners(start_);
}

}  // namespace connwatch
