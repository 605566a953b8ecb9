// With socket pairs: the far end shows whether a connection was closed. The limit is smaller than
// the daemon's, so that the bodies need little memory.
#include "exporters/server/held_bodies.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace connwatch::held_bodies_test {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart{1'000s};
constexpr std::size_t kKiB = 1'024;
constexpr std::size_t kLimit = 32 * kKiB;

HttpReply ReplyOf(std::size_t bytes) {
  std::string body;
  body.reserve(bytes);
  HttpReply reply;
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

HttpReply StreamOf(std::size_t bytes) {
  HttpReply reply;
  reply.stream = std::make_shared<BodyStream>();
  reply.stream->Write(std::string(bytes, 'x'));
  return reply;
}

// A connection that is sent a reply.
class Reader {
 public:
  Reader(HeldBodies& held, const std::string& client, const HttpReply& reply,
         MonotonicTime now = kStart)
      : client_(client),
        since_(now),
        body_(reply.body.get()),
        body_bytes_(reply.body ? reply.body->capacity() : 0) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds_.data()), 0);
    held_ = held.Hold({.fd = fds_[0], .client = client}, reply, now);
  }
  ~Reader() {
    held_.reset();
    for (const int fd : fds_) close(fd);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const HeldBody& held() const { return *held_; }
  const std::string& client() const { return client_; }
  MonotonicTime since() const { return since_; }
  // To tell bodies apart: it may be freed.
  const std::string* body() const { return body_; }
  std::size_t body_bytes() const { return body_bytes_; }

  // True iff its body was given up and its connection closed.
  bool IsCutOff() const {
    char byte = 0;
    const bool is_closed = recv(fds_[1], &byte, 1, 0) == 0;
    EXPECT_EQ(is_closed, held_->IsGivenUp());
    return is_closed;
  }

 private:
  const std::string client_;
  const MonotonicTime since_;
  const std::string* const body_;
  const std::size_t body_bytes_;
  std::array<int, 2> fds_{};
  std::shared_ptr<HeldBody> held_;
};

TEST(HeldBodiesTest, CountsABodyAsLongAsItIsHeld) {
  HeldBodies held(kLimit);
  {
    const Reader one(held, "a", ReplyOf(kKiB));
    const Reader two(held, "b", ReplyOf(2 * kKiB));
    EXPECT_EQ(held.bytes(), 3 * kKiB);
  }
  EXPECT_EQ(held.bytes(), 0U);
}

TEST(HeldBodiesTest, ABodyThatSeveralReadCountsOnce) {
  HeldBodies held(kLimit);
  const HttpReply page = ReplyOf(20 * kKiB);
  const Reader one(held, "a", page);
  {
    const Reader two(held, "b", page);
    EXPECT_EQ(held.bytes(), 20 * kKiB);
    EXPECT_FALSE(one.IsCutOff());
  }
  EXPECT_EQ(held.bytes(), 20 * kKiB);
}

TEST(HeldBodiesTest, AStreamCountsWhatItHasInMemory) {
  HeldBodies held(kLimit);
  const HttpReply reply = StreamOf(1'000);
  const Reader reader(held, "a", reply);
  EXPECT_EQ(held.bytes(), 1'000U);
  EXPECT_EQ(reader.held().body(), nullptr);
  std::array<char, 400> part{};
  reply.stream->Read(part);
  EXPECT_EQ(held.bytes(), 600U);
}

TEST(HeldBodiesTest, TheOldestOfTheSlowReadersGoesFirst) {
  HeldBodies held(kLimit);
  const Reader first(held, "a", ReplyOf(12 * kKiB), kStart);
  const Reader second(held, "b", ReplyOf(12 * kKiB), kStart + 1s);
  const Reader third(held, "c", ReplyOf(12 * kKiB), kStart + HeldBodies::kSlowAfter);
  EXPECT_TRUE(first.IsCutOff());
  EXPECT_FALSE(second.IsCutOff());
  EXPECT_FALSE(third.IsCutOff());
  EXPECT_EQ(held.bytes(), 24 * kKiB);
}

TEST(HeldBodiesTest, TheMemoryOfABodyThatIsGivenUpIsFreeAtOnce) {
  HeldBodies held(kLimit);
  HttpReply reply = ReplyOf(20 * kKiB);
  const std::weak_ptr<const std::string> body = reply.body;
  const Reader slow(held, "a", reply);
  reply.body.reset();
  EXPECT_NE(slow.held().body(), nullptr);
  const Reader other(held, "b", ReplyOf(20 * kKiB), kStart + 1min);
  EXPECT_TRUE(body.expired());
  EXPECT_EQ(slow.held().body(), nullptr);
}

TEST(HeldBodiesTest, WhoBeganAMomentAgoIsSparedWhereOthersAreSlow) {
  HeldBodies held(kLimit);
  const Reader quick(held, "many", ReplyOf(10 * kKiB), kStart + 59s);
  const Reader slow(held, "one", ReplyOf(10 * kKiB), kStart);
  const Reader also_quick(held, "many", ReplyOf(10 * kKiB), kStart + 59s);
  const Reader newest(held, "many", ReplyOf(10 * kKiB), kStart + 60s);
  EXPECT_TRUE(slow.IsCutOff());
  EXPECT_FALSE(quick.IsCutOff());
  EXPECT_FALSE(also_quick.IsCutOff());
}

TEST(HeldBodiesTest, WhereNobodyIsSlowTheClientWithMostRepliesGoesFirst) {
  HeldBodies held(kLimit);
  const Reader scraper(held, "scraper", ReplyOf(10 * kKiB), kStart);
  const Reader first(held, "flood", ReplyOf(10 * kKiB), kStart);
  const Reader second(held, "flood", ReplyOf(10 * kKiB), kStart);
  const Reader third(held, "flood", ReplyOf(10 * kKiB), kStart);
  EXPECT_TRUE(first.IsCutOff());
  EXPECT_FALSE(scraper.IsCutOff());
  EXPECT_FALSE(second.IsCutOff());
}

TEST(HeldBodiesTest, WhoReadsTheSameBodyIsSpared) {
  HeldBodies held(kLimit);
  const HttpReply page = ReplyOf(kLimit + kKiB);
  const Reader early(held, "a", page, kStart);
  const Reader late(held, "b", page, kStart + 1min);
  EXPECT_FALSE(early.IsCutOff());
  EXPECT_FALSE(late.IsCutOff());
}

TEST(HeldBodiesTest, ABodyThatIsLargerThanTheLimitIsServedAlone) {
  HeldBodies held(kLimit);
  const Reader small(held, "a", ReplyOf(kKiB));
  const Reader large(held, "b", ReplyOf(kLimit + kKiB));
  EXPECT_TRUE(small.IsCutOff());
  EXPECT_FALSE(large.IsCutOff());
  const Reader next(held, "c", ReplyOf(kKiB));
  EXPECT_TRUE(large.IsCutOff());
  EXPECT_FALSE(next.IsCutOff());
}

TEST(HeldBodiesTest, AStreamIsGivenUpIfItHoldsSomething) {
  HeldBodies held(kLimit);
  const Reader empty(held, "a", StreamOf(0), kStart);
  const Reader full(held, "b", StreamOf(4 * kKiB), kStart + 1s);
  const Reader large(held, "c", ReplyOf(30 * kKiB), kStart + 1min);
  EXPECT_FALSE(empty.IsCutOff()) << "that would free nothing";
  EXPECT_TRUE(full.IsCutOff());
  EXPECT_EQ(held.bytes(), 30 * kKiB);
}

// Readers that come, read and leave in any order.
class AnyOrder {
 public:
  explicit AnyOrder(unsigned seed) : random_(seed) {}

  void Step() {
    now_ += std::chrono::milliseconds(Below(1'500));
    if (!readers_.empty() && Below(3) == 0) {
      readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(Below(readers_.size())));
    }
    Begin();
  }

 private:
  std::size_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  void Begin() {
    const auto before = NotCutOff();
    if (Below(3) == 0) page_ = ReplyOf((1 + Below(40)) * kKiB);
    const HttpReply reply = Below(2) == 0 ? page_ : ReplyOf((1 + Below(12)) * kKiB);
    const std::string client(1, "abcd"[Below(4)]);
    readers_.push_back(std::make_unique<Reader>(held_, client, reply, now_));
    const Reader& newest = *readers_.back();
    EXPECT_FALSE(newest.IsCutOff());
    const auto after = NotCutOff();
    ExpectGoodChoice(before, after, newest);
    EXPECT_EQ(held_.bytes(), BytesOf(after));
    const bool is_alone = std::ranges::all_of(
        after, [&](const Reader* reader) { return reader->body() == newest.body(); });
    EXPECT_TRUE(held_.bytes() <= kLimit || is_alone);
    std::vector<const Reader*> all = before;
    all.push_back(&newest);
    if (BytesOf(all) <= kLimit) {
      EXPECT_EQ(after, all) << "there was room";
    }
  }

  // Those that were cut off had a body that was not wanted, and no slower one was spared.
  void ExpectGoodChoice(const std::vector<const Reader*>& before,
                        const std::vector<const Reader*>& after, const Reader& newest) const {
    for (const Reader* reader : before) {
      if (std::ranges::find(after, reader) != after.end()) continue;
      EXPECT_NE(reader->body(), newest.body());
      for (const Reader* spared : after) {
        if (spared->body() == newest.body() || !IsSlow(*spared)) continue;
        EXPECT_TRUE(IsSlow(*reader)) << "a slow reader was spared";
        EXPECT_LE(reader->since(), spared->since()) << "an older one was spared";
      }
    }
  }

  bool IsSlow(const Reader& reader) const {
    return now_ - reader.since() >= HeldBodies::kSlowAfter;
  }

  std::vector<const Reader*> NotCutOff() const {
    std::vector<const Reader*> readers;
    for (const auto& reader : readers_) {
      if (!reader->IsCutOff()) readers.push_back(reader.get());
    }
    return readers;
  }

  static std::size_t BytesOf(const std::vector<const Reader*>& readers) {
    std::set<const std::string*> bodies;
    std::size_t bytes = 0;
    for (const Reader* reader : readers) {
      if (bodies.insert(reader->body()).second) bytes += reader->body_bytes();
    }
    return bytes;
  }

  std::mt19937 random_;
  MonotonicTime now_ = kStart;
  HeldBodies held_{kLimit};
  HttpReply page_ = ReplyOf(kKiB);
  std::vector<std::unique_ptr<Reader>> readers_;
};

TEST(HeldBodiesTest, KeepsItsPromisesInAnyOrder) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    AnyOrder any_order(seed);
    for (int i = 0; i < 200; ++i) any_order.Step();
    if (testing::Test::HasFailure()) return;
  }
}

// For ThreadSanitizer: the threads of several servers.
TEST(HeldBodiesTest, MayBeUsedFromSeveralThreads) {
  HeldBodies held(kLimit);
  std::vector<std::thread> servers;
  for (const char* client : {"a", "b", "c"}) {
    servers.emplace_back([&held, client] {
      for (int i = 0; i < 200; ++i) {
        const Reader one(held, client, ReplyOf(10 * kKiB), kStart + std::chrono::seconds(i));
        const Reader two(held, client, ReplyOf(10 * kKiB), kStart + std::chrono::seconds(i));
        one.held().body();
        held.bytes();
      }
    });
  }
  for (std::thread& server : servers) server.join();
  EXPECT_EQ(held.bytes(), 0U);
}

}  // namespace
}  // namespace connwatch::held_bodies_test
