// The work of the listeners tier. The tracker gets every LISTEN socket; the classifier gets the
// ports that are listened on.
#pragma once

#include <optional>
#include <vector>

#include "core/base/cookie_set.h"
#include "core/groups/connection_classifier.h"
#include "core/listeners/listener_tracker.h"
#include "core/polling/poll_work.h"

namespace connwatch {

class ListenerPoll final : public PollWork {
 public:
  /// Both must outlive the work.
  ListenerPoll(ListenerTracker& listener_tracker, ConnectionClassifier& classifier)
      : listener_tracker_(listener_tracker), classifier_(classifier) {}

  DumpQuery Query() const override {
    return {.states = {TcpState::kListen}, .socket_memory = true};
  }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records) override;
  void Complete(Instant now) override;

 private:
  ListenerTracker& listener_tracker_;
  ConnectionClassifier& classifier_;
  MonotonicTime start_;
  std::vector<SocketRecord> listening_;
  std::optional<CookieSet> seen_;
};

}  // namespace connwatch
