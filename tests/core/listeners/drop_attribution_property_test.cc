// Random histories of listeners against a kernel that is made up here, which knows the true drops:
// the sum never exceeds the truth, and is the truth where docs/metrics.md says so.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include "core/listeners/drop_attribution.h"

namespace connwatch::drop_attribution_property_test {
namespace {

using std::chrono::milliseconds;

constexpr int kSteps = 2'000;
constexpr std::size_t kListeners = 6;

// What may happen to a listener.
struct Fate {
  bool refuses = false;
  bool has_noise = false;
  bool is_full = false;
};

struct TestListener {
  Fate fate;
  std::uint64_t truth = 0;
  std::uint64_t unread = 0;  // in the socket, and not read yet
  ListenerDrops drops;
};

class History {
 public:
  History(std::uint64_t seed, const std::array<Fate, kListeners>& fates) : random_(seed) {
    for (std::size_t i = 0; i < kListeners; ++i) listeners_.at(i).fate = fates.at(i);
    Happen();  // before the daemon: a baseline
    for (TestListener& listener : listeners_) listener.truth = listener.unread = 0;
    start_ = listen_drops_;
    attribution_.ReadCounter(listen_drops_, now_);
    ReadSockets();
  }

  void Run() {
    for (int step = 0; step < kSteps; ++step) {
      Happen();
      Poll();
      Check();
    }
    for (std::size_t last = 0; last < 2; ++last) {
      attribution_.ReadCounter(listen_drops_, now_);
      ReadSockets();
      Check();
    }
  }

  const std::array<TestListener, kListeners>& listeners() const { return listeners_; }
  std::uint64_t truth() const { return listen_drops_ - start_; }
  std::uint64_t refused() const {
    return std::accumulate(listeners_.begin(), listeners_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const TestListener& listener) {
                             return sum + listener.drops.refused();
                           });
  }
  // What listeners with a full queue refused between the readings of the counter and the sockets.
  std::uint64_t refused_by_full_in_gaps() const { return refused_by_full_in_gaps_; }

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }

  // Mostly nothing, sometimes much. Returns what listeners with a full queue refused.
  std::uint64_t Happen() {
    std::uint64_t refused_by_full = 0;
    for (TestListener& listener : listeners_) {
      if (listener.fate.refuses && Below(3) == 0) {
        const std::uint64_t drops = Below(20);
        listener.truth += drops;
        listener.unread += drops;
        listen_drops_ += drops;
        if (listener.fate.is_full) refused_by_full += drops;
      }
      if (listener.fate.has_noise && Below(2) == 0) listener.unread += Below(50);
    }
    return refused_by_full;
  }

  void Poll() {
    now_ += milliseconds(Below(500));
    if (attribution_.IsCounterDue(now_)) attribution_.ReadCounter(listen_drops_, now_);
    if (Below(2) == 0) refused_by_full_in_gaps_ += Happen();
    if (Below(10) > 0) ReadSockets();  // otherwise the poll has failed
  }

  void ReadSockets() {
    std::vector<ListenerDrops*> all;
    for (TestListener& listener : listeners_) {
      listener.drops.StartReading();
      listener.drops.AddGrowth(std::exchange(listener.unread, 0));
      if (listener.fate.is_full) listener.drops.NoteFullQueue();
      all.push_back(&listener.drops);
    }
    attribution_.Attribute(all);
  }

  void Check() const {
    ASSERT_LE(refused(), truth());
    for (const TestListener& listener : listeners_) {
      ASSERT_LE(listener.drops.refused(), listener.drops.counted());
    }
  }

  std::mt19937_64 random_;
  std::array<TestListener, kListeners> listeners_;
  DropAttribution attribution_;
  MonotonicTime now_;
  std::uint64_t listen_drops_ = 1'000;  // the kernel's counter
  std::uint64_t start_ = 0;
  std::uint64_t refused_by_full_in_gaps_ = 0;
};

class DropAttributionPropertyTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DropAttributionPropertyTest, TheSumNeverExceedsTheTruth) {
  std::mt19937_64 random(GetParam());
  const auto toss = [&random] { return random() % 2 == 0; };
  std::array<Fate, kListeners> fates;
  for (Fate& fate : fates) fate = {.refuses = toss(), .has_noise = toss(), .is_full = toss()};
  History(GetParam(), fates).Run();
}

TEST_P(DropAttributionPropertyTest, WithoutNoiseEveryListenerHasItsOwn) {
  for (const bool is_full : {false, true}) {
    std::array<Fate, kListeners> fates;
    fates.fill({.refuses = true, .is_full = is_full});
    History history(GetParam(), fates);
    history.Run();
    for (const TestListener& listener : history.listeners()) {
      EXPECT_EQ(listener.drops.refused(), listener.truth);
    }
  }
}

TEST_P(DropAttributionPropertyTest, NoiseOfOthersTakesNothingFromListenersWithAFullQueue) {
  std::array<Fate, kListeners> fates;
  fates.fill({.has_noise = true});
  fates[1] = fates[4] = {.refuses = true, .is_full = true};
  History history(GetParam(), fates);
  history.Run();
  for (const TestListener& listener : history.listeners()) {
    EXPECT_EQ(listener.drops.refused(), listener.truth);
  }
}

TEST_P(DropAttributionPropertyTest, AFullQueueTakesFromOthersAtMostWhatItRefusedInTheGaps) {
  std::array<Fate, kListeners> fates;
  fates.fill({.refuses = true});
  fates[2] = {.refuses = true, .is_full = true};
  History history(GetParam(), fates);
  history.Run();
  EXPECT_EQ(history.listeners()[2].drops.refused(), history.listeners()[2].truth);
  EXPECT_GE(history.refused() + history.refused_by_full_in_gaps(), history.truth());
}

INSTANTIATE_TEST_SUITE_P(Seeds, DropAttributionPropertyTest, testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace connwatch::drop_attribution_property_test
