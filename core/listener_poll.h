// The work of the listeners tier: every LISTEN socket, for the board, and which
// ports are listened on, for the classifier.
#pragma once

#include <optional>
#include <vector>

#include "core/connection_classifier.h"
#include "core/cookie_set.h"
#include "core/listener_board.h"
#include "core/poll_work.h"

namespace connwatch {

class ListenerPoll final : public PollWork {
 public:
  /// Both must outlive the work.
  ListenerPoll(ListenerBoard& board, ConnectionClassifier& classifier)
      : board_(board), classifier_(classifier) {}

  DumpQuery Query() const override {
    return {.states = {TcpState::kListen}, .socket_memory = true};
  }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records) override;
  void Complete(Instant now) override;

 private:
  ListenerBoard& board_;
  ConnectionClassifier& classifier_;
  std::vector<SocketRecord> listening_;
  std::optional<CookieSet> seen_;
};

}  // namespace connwatch
