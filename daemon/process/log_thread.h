// Writes the log from a thread of its own, so that whoever logs never waits for whoever reads the
// log: a pipe may be full, a terminal may be stopped, a disk may hang.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "core/base/result.h"

namespace connwatch {

/// Lines are written whole and in order. A line that cannot be written is lost, and so are the
/// oldest ones beyond kMaxBytes. The log itself tells how many once a line can be written again.
class LogThread {
 public:
  /// The most that waits to be written.
  static constexpr std::size_t kMaxBytes = std::size_t{2} << 20;
  /// At the end the thread may write what still waits, until nothing could be written for
  /// kPatience, at most kMaxRounds times that long.
  static constexpr std::chrono::seconds kPatience{1};
  static constexpr int kMaxRounds = 3;

  /// Makes the line that tells of lost lines. Called on the thread.
  using DescribeLoss = std::function<std::string(std::uint64_t lost)>;

  /// Starts to write to `fd`, which must stay open for ever. EAGAIN if no thread can be started.
  static Result<std::unique_ptr<LogThread>> Start(int fd, DescribeLoss describe_loss);
  /// Waits as said above. Then lets go of the thread: it may hang in write(2), and ends with the
  /// process or when it can write again.
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;
  LogThread(LogThread&&) = delete;
  LogThread& operator=(LogThread&&) = delete;

  /// Has `line` written, which ends with a newline. Never waits for that. Any thread may call it.
  void Push(std::string line);

  /// How many lines were lost since the start. Any thread may call it.
  std::uint64_t lost() const;

 private:
  class Writer;

  explicit LogThread(std::shared_ptr<Writer> writer) : writer_(std::move(writer)) {}

  std::shared_ptr<Writer> writer_;  // shared with the thread, which may live longer
  std::thread thread_;
};

}  // namespace connwatch
