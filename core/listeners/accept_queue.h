// The accept queues behind one listener: what its sockets hold together, and the fullest of them.
// Values.
//
// The kernel gives every connection to one of the sockets that share an address (SO_REUSEPORT),
// whatever room the others have. So if one of four sockets is full, every fourth client is turned
// away, while three quarters of the sum are free. That is why the fullest socket decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace connwatch {

/// The accept queue of one socket.
struct SocketQueue {
  std::uint64_t length = 0;  // connections
  std::uint64_t limit = 0;   // connections; the kernel admits one more, and 0 is legal

  // kernel: sk_acceptq_is_full()
  bool IsFull() const { return length > limit; }

  /// Returns which part of the queue is in use, usually 0 to 1. The whole queue is the limit and
  /// one more, so a full queue is at 1 whatever its limit is.
  double Utilization() const {
    return static_cast<double>(length) / (static_cast<double>(limit) + 1);
  }
};

/// Lengths and limits are sums over the sockets; utilizations are those of the fullest socket.
struct AcceptQueue {
  std::uint64_t sockets = 0;
  std::uint64_t length = 0;        // connections
  std::uint64_t limit = 0;         // connections
  std::uint64_t peak = 0;          // of the length, over the peak window
  std::uint64_t full_sockets = 0;  // how many of the sockets are full
  SocketQueue fullest;             // the socket with the highest utilization
  double peak_utilization = 0;     // the highest that a socket had within the peak window

  void Add(const SocketQueue& socket) {
    if (sockets == 0 || IsFuller(socket, fullest)) fullest = socket;
    ++sockets;
    length += socket.length;
    limit += socket.limit;
    if (socket.IsFull()) ++full_sockets;
  }

  /// Adds the sockets of another listener. Peaks stay as they are, because they may be of different
  /// moments.
  void Merge(const AcceptQueue& other) {
    if (other.sockets == 0) return;
    if (sockets == 0 || IsFuller(other.fullest, fullest)) fullest = other.fullest;
    sockets += other.sockets;
    length += other.length;
    limit += other.limit;
    full_sockets += other.full_sockets;
  }

  /// Of the fullest socket. nullopt if there are no sockets.
  std::optional<double> Utilization() const {
    return sockets == 0 ? std::nullopt : std::optional(fullest.Utilization());
  }
  std::optional<double> PeakUtilization() const {
    return sockets == 0 ? std::nullopt : std::optional(peak_utilization);
  }

  /// Returns how many times as many connections wait in the fullest socket as in the others on
  /// average, or as 1 if that is less. 1 if fewer than kMinImbalanced wait there, because that many
  /// come by chance. nullopt if there is only one socket.
  std::optional<double> ImbalanceRatio() const;
  static constexpr std::uint64_t kMinImbalanced = 8;

  /// Says how the connections are spread over the sockets: "1 of 4 sockets is full (21 of 20), the
  /// other 3 hold 5". Empty if there is only one socket.
  std::string Imbalance() const;

  /// If both are equally full, the one with the smaller limit counts as fuller. So the order of the
  /// sockets does not matter.
  static bool IsFuller(const SocketQueue& one, const SocketQueue& other) {
    const double difference = one.Utilization() - other.Utilization();
    return difference > 0 || (difference == 0 && one.limit < other.limit);
  }
};

}  // namespace connwatch
