// The work of the listeners tier. The tracker gets every LISTEN socket, and before that the
// kernel's counter of drops; the classifier gets the ports that are listened on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/groups/connection_classifier.h"
#include "core/listeners/listener_tracker.h"
#include "core/polling/poll_work.h"

namespace connwatch {

class ListenerPoll final : public PollWork {
 public:
  /// The most LISTEN sockets of which one poll keeps the records. Of further ones only the port
  /// counts; each is taken for a listener that is not shown (ListenerList::folded).
  static constexpr std::size_t kMaxSockets = 131'072;

  /// Returns the kernel's counter ListenDrops, nullopt if it cannot be read.
  using ReadListenDrops = std::function<std::optional<std::uint64_t>()>;

  /// The tracker and the classifier must outlive the work.
  ListenerPoll(ListenerTracker& listener_tracker, ConnectionClassifier& classifier,
               ReadListenDrops read_listen_drops)
      : listener_tracker_(listener_tracker),
        classifier_(classifier),
        read_listen_drops_(std::move(read_listen_drops)) {}

  DumpQuery Query() const override {
    return {.states = {TcpState::kListen}, .socket_memory = true};
  }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records, Instant now) override;
  void Complete(Instant now) override;

 private:
  ListenerTracker& listener_tracker_;
  ConnectionClassifier& classifier_;
  MonotonicTime start_;
  const ReadListenDrops read_listen_drops_;
  std::vector<SocketRecord> listening_;
  std::uint64_t left_out_ = 0;  // sockets of the poll in flight beyond kMaxSockets
};

}  // namespace connwatch
