// The work of the handshakes tier. SYN-RECV sockets go to the listener tracker, and SYN-SENT
// sockets become pending connects. The age of a socket comes from its timer and from following its
// cookie from poll to poll. It is a lower bound.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "core/groups/connection_classifier.h"
#include "core/listeners/listener_tracker.h"
#include "core/listeners/pending_connects.h"
#include "core/listeners/pending_destinations.h"
#include "core/polling/poll_work.h"

namespace connwatch {

/// Returns how long ago a SYN was first sent, if it has been retransmitted `retransmissions` times
/// and will be retransmitted again in `timer_expires`. The kernel waits 1 s, then again 1 s for
/// `linear_timeouts` times, then twice as long each time, at most 120 s.
// kernel: tcp_retransmit_timer(), sysctl tcp_syn_linear_timeouts (since 6.5; 0 before).
std::chrono::milliseconds AgeByRetransmissionTimer(unsigned retransmissions,
                                                   std::chrono::milliseconds timer_expires,
                                                   unsigned linear_timeouts);

struct HandshakeLimits {
  static constexpr std::size_t kMaxFollowed = 65'536;

  /// How many sockets are followed from poll to poll. The age of further sockets is known only from
  /// their timers.
  std::size_t max_followed = kMaxFollowed;
  /// How many are in PendingConnects::oldest. If 0, destinations are not counted either.
  std::size_t max_listed = PendingConnects::kMaxListed;
};

class HandshakePoll final : public PollWork {
 public:
  /// `linear_timeouts` as above. Tracker and classifier must outlive the work.
  HandshakePoll(unsigned linear_timeouts, ListenerTracker& listener_tracker,
                ConnectionClassifier& classifier, const HandshakeLimits& limits = {});
  ~HandshakePoll() override;
  HandshakePoll(const HandshakePoll&) = delete;
  HandshakePoll& operator=(const HandshakePoll&) = delete;

  void UseLinearTimeouts(unsigned linear_timeouts) { linear_timeouts_ = linear_timeouts; }

  DumpQuery Query() const override { return {.states = {TcpState::kSynSent, TcpState::kSynRecv}}; }
  void Begin(Instant now) override;
  void Add(std::span<const SocketRecord> records, Instant now) override;
  void Complete(Instant now) override;

  /// Of the latest complete poll.
  const PendingConnects& pending() const { return pending_; }

 private:
  struct FirstSight;  // keeps the hash maps out of this header

  void AddSynRecv(const SocketRecord& record);
  void AddSynSent(const SocketRecord& record);

  unsigned linear_timeouts_;
  const HandshakeLimits limits_;
  ListenerTracker& listener_tracker_;
  ConnectionClassifier& classifier_;
  PendingConnects pending_;
  PendingConnects in_poll_;
  PendingDestinations destinations_;  // of the poll in progress
  std::unique_ptr<FirstSight> first_sight_;
  MonotonicTime start_;
};

}  // namespace connwatch
