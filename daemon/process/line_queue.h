// The lines of the log that wait to be written. If they are more than there is room for, the oldest
// ones are lost and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace connwatch {

/// For one thread at a time. Never waits.
///
/// spdlog's queue (async.h) was rejected. It has room for a number of lines, so it takes little
/// memory and loses many short lines, or loses few and takes much memory for long ones. It neither
/// counts what an error of write(2) loses, nor gives up if nobody reads when the program ends.
class LineQueue {
 public:
  /// A line to write, and how many lines before it were lost and not told yet.
  struct Next {
    std::uint64_t lost = 0;
    std::string line;
  };

  /// The lines that wait take at most `max_bytes`, their std::string included.
  explicit LineQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Adds a line. If there is no room, the oldest lines are lost, until an eighth of the queue is
  /// free: so a reader who is always too slow is told of losses now and then, not before every
  /// line. A line that does not fit into the empty queue is lost itself.
  void Push(std::string line);

  /// Takes the oldest line. nullopt if there is none. The caller must say with Told or Lost what
  /// became of it.
  std::optional<Next> Pop();
  /// The line was written, and before it the number of those lost.
  void Told(std::uint64_t lost) { told_ += lost; }
  /// The line could not be written.
  void Lost() { ++lost_; }

  bool is_empty() const { return lines_.empty(); }
  /// Since the start.
  std::uint64_t lost() const { return lost_; }

 private:
  static std::size_t CostOf(const std::string& line) { return line.size() + sizeof(std::string); }
  void DropOldest();

  std::size_t max_bytes_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t told_ = 0;  // of lost_
};

}  // namespace connwatch
