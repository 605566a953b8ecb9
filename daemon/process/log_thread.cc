#include "daemon/process/log_thread.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/mutex.h"
#include "daemon/process/line_queue.h"

namespace connwatch {

namespace {

// Blocks all signals in its scope. A thread that is started there never gets one, and SIGPIPE does
// not end the process.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

// What the thread and those who log share.
class LogThread::Writer {
 public:
  Writer(int fd, DescribeLoss describe_loss) : fd_(fd), describe_loss_(std::move(describe_loss)) {}

  void Push(std::string line) {
    const MutexLock lock(mutex_);
    lines_.Push(std::move(line));
    changed_.NotifyAll();
  }

  // The thread. Returns once it was asked to end and nothing waits any more.
  void Run() {
    while (const std::optional<LineQueue::Next> next = AwaitLine()) {
      const std::string loss = next->lost > 0 ? describe_loss_(next->lost) : "";
      const bool is_written = Write((is_torn_ ? "\n" : "") + loss + next->line);
      const MutexLock lock(mutex_);
      if (is_written) {
        lines_.Told(next->lost);
      } else {
        lines_.Lost();
      }
    }
    const MutexLock lock(mutex_);
    has_ended_ = true;
    ended_.NotifyAll();
  }

  // Asks the thread to end. Returns true iff it has ended within the time that it has.
  bool End() {
    const MutexLock lock(mutex_);
    is_ending_ = true;
    changed_.NotifyAll();
    std::optional<std::uint64_t> before;
    for (int round = 0; round < kMaxRounds && !has_ended_ && before != writes_; ++round) {
      before = writes_;
      ended_.WaitFor(mutex_, kPatience);
    }
    return has_ended_;
  }

  std::uint64_t lost() const {
    const MutexLock lock(mutex_);
    return lines_.lost();
  }

 private:
  // Waits for the next line. nullopt if it is time to end.
  std::optional<LineQueue::Next> AwaitLine() {
    const MutexLock lock(mutex_);
    while (lines_.is_empty() && !is_ending_) changed_.Wait(mutex_);
    return lines_.Pop();
  }

  // Returns false if not all of it could be written. May wait for ever.
  bool Write(std::string_view text) {
    is_torn_ = false;
    while (!text.empty()) {
      const ssize_t count = write(fd_, text.data(), text.size());
      if (count > 0) {
        is_torn_ = true;
        text.remove_prefix(static_cast<std::size_t>(count));
        CountWrite();
      } else if (count < 0 && errno == EAGAIN) {
        AwaitWritable();
      } else if (count == 0 || errno != EINTR) {
        return false;
      }
    }
    is_torn_ = false;
    return true;
  }

  // Another process may have made the descriptor non-blocking, which is common to all who have it.
  void AwaitWritable() const {
    pollfd waiting{fd_, POLLOUT, 0};
    poll(&waiting, 1, /*timeout=*/-1);
  }

  void CountWrite() {
    const MutexLock lock(mutex_);
    ++writes_;
  }

  const int fd_;
  const DescribeLoss describe_loss_;
  bool is_torn_ = false;  // only a part of the latest line was written; only for the thread
  mutable Mutex mutex_;
  Condition changed_;  // lines_ or is_ending_
  Condition ended_;
  LineQueue lines_ CONNWATCH_GUARDED_BY(mutex_){kMaxBytes};
  std::uint64_t writes_ CONNWATCH_GUARDED_BY(mutex_) = 0;
  bool is_ending_ CONNWATCH_GUARDED_BY(mutex_) = false;
  bool has_ended_ CONNWATCH_GUARDED_BY(mutex_) = false;
};

Result<std::unique_ptr<LogThread>> LogThread::Start(int fd, DescribeLoss describe_loss) {
  auto writer = std::make_shared<Writer>(fd, std::move(describe_loss));
  std::unique_ptr<LogThread> log(new LogThread(writer));
  const SignalsBlocked blocked;
  try {
    log->thread_ = std::thread([writer = std::move(writer)] { writer->Run(); });
  } catch (const std::system_error& error) {
    return Error::FromErrno(error.code().value(), "start the thread that writes the log");
  }
  return log;
}

LogThread::~LogThread() {
  if (!thread_.joinable()) return;
  if (writer_->End()) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void LogThread::Push(std::string line) { writer_->Push(std::move(line)); }

std::uint64_t LogThread::lost() const { return writer_->lost(); }

}  // namespace connwatch
