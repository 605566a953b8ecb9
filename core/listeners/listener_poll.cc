#include "core/listeners/listener_poll.h"

namespace connwatch {

void ListenerPoll::Begin(Instant now) {
  start_ = now.monotonic;
  listening_.clear();
  left_out_ = 0;
  DropAttribution& drops = listener_tracker_.drop_attribution();
  if (drops.IsCounterDue(now.monotonic)) drops.ReadCounter(read_listen_drops_(), now.monotonic);
}

void ListenerPoll::Add(std::span<const SocketRecord> records, Instant now) {
  for (const SocketRecord& record : records) {
    if (listening_.size() < kMaxSockets) {
      listening_.push_back(record);
    } else {
      ++left_out_;
      classifier_.AddListener(record, now.monotonic);
    }
  }
}

void ListenerPoll::Complete(Instant now) {
  listener_tracker_.UpdateAcceptQueues(listening_, now.monotonic);
  listener_tracker_.NoteLeftOut(left_out_);
  for (const SocketRecord& record : listening_) {
    classifier_.AddListener(record, now.monotonic);
  }
  classifier_.CompleteListeners(start_);
}

}  // namespace connwatch
