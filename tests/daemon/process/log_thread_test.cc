// The thread, with real pipes and files.
#include "daemon/process/log_thread.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace connwatch::log_thread_test {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool WaitUntil(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

// A pipe with room for one page.
class Pipe {
 public:
  static constexpr std::size_t kBytes = 4'096;

  Pipe() {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    EXPECT_EQ(fcntl(ends_[1], F_SETPIPE_SZ, kBytes), static_cast<int>(kBytes));
  }
  ~Pipe() {
    CloseReader();
    close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  // Whether there is no room for a line of these tests: the kernel does not divide short lines.
  bool IsFull() const {
    constexpr std::size_t kLineBytes = 20;
    int count = 0;
    ioctl(ends_[0], FIONREAD, &count);
    return static_cast<std::size_t>(count) + kLineBytes > kBytes;
  }
  // What comes, up to the end of `last`.
  std::string ReadTo(const std::string& last) const {
    std::string text;
    char next = 0;
    while (!text.ends_with(last)) {
      const ssize_t count = read(ends_[0], &next, 1);
      if (count == 1) text.push_back(next);
      if (count == 0) break;
    }
    return text;
  }
  void CloseReader() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::unique_ptr<LogThread> StartTo(int fd) {
  auto log =
      LogThread::Start(fd, [](std::uint64_t lost) { return std::to_string(lost) + " lost\n"; });
  return std::move(log).value();
}

std::string Numbered(int number) { return "line " + std::to_string(number) + "\n"; }

TEST(LogThreadTest, WritesWholeLinesInOrder) {
  const Pipe pipe;
  const auto log = StartTo(pipe.writer());
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    log->Push(Numbered(i));
    expected += Numbered(i);
  }
  EXPECT_EQ(pipe.ReadTo(Numbered(4'999)), expected);
  EXPECT_EQ(log->lost(), 0U);
}

TEST(LogThreadTest, LinesOfSeveralThreadsAreNotMixed) {
  const Pipe pipe;
  const auto log = StartTo(pipe.writer());
  std::vector<std::thread> threads;
  for (const char name : {'a', 'b', 'c'}) {
    threads.emplace_back([&log, line = std::string(300, name) + "\n"] {
      for (int i = 0; i < 200; ++i) log->Push(line);
    });
  }
  std::size_t lines = 0;
  for (; lines < 600; ++lines) {
    const std::string line = pipe.ReadTo("\n");
    ASSERT_EQ(line, std::string(300, line.front()) + "\n");
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(LogThreadTest, ALongLineIsWrittenInParts) {
  const Pipe pipe;
  const auto log = StartTo(pipe.writer());
  const std::string line = std::string(100'000, 'x') + "\n";
  log->Push(line);
  EXPECT_EQ(pipe.ReadTo("\n"), line);
}

// Whatever the descriptor is, whoever logs never waits, and the reader is told of what is missing.
void ExpectLossesAreTold(const Pipe& pipe) {
  const auto log = StartTo(pipe.writer());
  constexpr int kLines = 200'000;  // more than there is room for
  for (int i = 0; i < kLines; ++i) log->Push(Numbered(i));
  EXPECT_TRUE(WaitUntil([&] { return pipe.IsFull(); }));
  const std::uint64_t lost = log->lost();
  EXPECT_GT(lost, 0U);
  std::string told;
  std::uint64_t lines = 0;
  std::uint64_t told_lost = 0;
  int next = 0;
  while (next < kLines) {
    const std::string line = pipe.ReadTo("\n");
    if (line.ends_with(" lost\n")) {
      const std::uint64_t count = std::stoull(line);
      told_lost += count;
      next += static_cast<int>(count);
    } else {
      ASSERT_EQ(line, Numbered(next)) << "a gap must be told where it is";
      ++next;
      ++lines;
    }
  }
  EXPECT_EQ(told_lost, log->lost());
  EXPECT_EQ(lines + told_lost, static_cast<std::uint64_t>(kLines));
}

TEST(LogThreadTest, AReaderWhoStandsStillIsToldOfTheLosses) {
  const Pipe pipe;
  ExpectLossesAreTold(pipe);
}

TEST(LogThreadTest, ANonBlockingDescriptorIsWaitedFor) {
  const Pipe pipe;
  fcntl(pipe.writer(), F_SETFL, O_NONBLOCK);
  ExpectLossesAreTold(pipe);
}

TEST(LogThreadTest, WithoutAReaderEveryLineIsCounted) {
  Pipe pipe;
  pipe.CloseReader();  // and SIGPIPE does not end this program
  const auto log = StartTo(pipe.writer());
  for (int i = 0; i < 10; ++i) log->Push(Numbered(i));
  EXPECT_TRUE(WaitUntil([&] { return log->lost() == 10; })) << log->lost();
}

TEST(LogThreadTest, AFullDeviceLosesEveryLine) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    const auto log = StartTo(full);
    for (int i = 0; i < 10; ++i) log->Push(Numbered(i));
    EXPECT_TRUE(WaitUntil([&] { return log->lost() == 10; })) << log->lost();
  }
  close(full);
}

TEST(LogThreadTest, TheEndWaitsForWhatStillWaits) {
  const Pipe pipe;
  auto log = StartTo(pipe.writer());
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    log->Push(Numbered(i));
    expected += Numbered(i);
  }
  std::string text;
  std::thread reader([&] { text = pipe.ReadTo(Numbered(4'999)); });
  log.reset();
  reader.join();
  EXPECT_EQ(text, expected);
}

TEST(LogThreadTest, TheEndDoesNotWaitForAReaderWhoStandsStill) {
  Pipe pipe;
  auto log = StartTo(pipe.writer());
  for (int i = 0; i < 5'000; ++i) log->Push(Numbered(i));
  ASSERT_TRUE(WaitUntil([&] { return pipe.IsFull(); }));
  log.reset();  // returns
  EXPECT_TRUE(pipe.IsFull());
  pipe.ReadTo(Numbered(4'999));  // the thread writes on if it can
}

TEST(LogThreadTest, TheThreadTakesNoSignal) {
  const Pipe pipe;
  const auto log = StartTo(pipe.writer());
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &usr1, &before);
  kill(getpid(), SIGUSR1);  // ends the program if a thread takes it
  int taken = 0;
  EXPECT_EQ(sigwait(&usr1, &taken), 0);
  EXPECT_EQ(taken, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace connwatch::log_thread_test
