#include "store/incident_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "tests/support/scratch_directory.h"

namespace connwatch::incident_store_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

IncidentChanges Firing(const std::string& id) {
  const WallTime at(1'700'000'000s);
  Incident incident{
      .id = id, .alert = "Queue", .subject = "host", .fired_at = at, .document = "{}"};
  return {.incidents = {std::move(incident)}, .samples = {}, .at = at};
}

// A store whose clock a test sets, and what it has logged.
class Kept {
 public:
  explicit Kept(const std::string& directory)
      : store({.directory = directory,
               .now =
                   [this] {
                     return Instant{MonotonicTime(seconds_.load() * 1s),
                                    WallTime(1'700'000'000s + seconds_.load() * 1s)};
                   },
               .log =
                   [this](bool, const std::string& line) {
                     const std::scoped_lock lock(mutex_);
                     lines_.push_back(line);
                   }}) {
    EXPECT_TRUE(store.Start());
  }

  IncidentPage Read() {
    std::promise<IncidentPage> promise;
    EXPECT_TRUE(store.Ask({}, [&promise](Result<IncidentPage> page) {
      promise.set_value(page ? std::move(page).value() : IncidentPage{});
    }));
    return promise.get_future().get();
  }
  void Pass(int seconds) { seconds_ += seconds; }
  std::vector<std::string> lines() {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  std::atomic<int> seconds_ = 1;
  std::mutex mutex_;
  std::vector<std::string> lines_;

 public:
  IncidentStore store;
};

TEST(IncidentStore, KeepsWhatIsPosted) {
  const ScratchDirectory directory;
  {
    Kept kept(directory.path());
    kept.store.Post(Firing("a"));
    EXPECT_THAT(kept.Read().incidents, SizeIs(1));
    kept.store.Post(Firing("b"));
  }
  Kept again(directory.path());
  const IncidentPage page = again.Read();
  EXPECT_EQ(page.total, 2U) << "also what was posted last";
  EXPECT_TRUE(page.is_persistent);
  EXPECT_THAT(again.lines(), SizeIs(0));
}

TEST(IncidentStore, WithoutADirectoryItIsMemoryOnly) {
  Kept kept("");
  kept.store.Post(Firing("a"));
  const IncidentPage page = kept.Read();
  EXPECT_EQ(page.total, 1U);
  EXPECT_FALSE(page.is_persistent);
  EXPECT_FALSE(kept.store.status().is_persistent);
  EXPECT_EQ(kept.store.status().problem, std::nullopt);
}

TEST(IncidentStore, SaysOnceThatTheDiskFailsAndWritesLater) {
  const ScratchDirectory directory;
  const std::string later = directory.PathTo("later");
  {
    Kept kept(later);
    kept.store.Post(Firing("a"));
    EXPECT_EQ(kept.Read().total, 1U);
    kept.Pass(20);
    kept.store.Post(Firing("b"));
    EXPECT_EQ(kept.Read().total, 2U);
    EXPECT_THAT(kept.lines(), ElementsAre(HasSubstr("No such file or directory")));
    EXPECT_GE(kept.store.status().failures, 1U);
    EXPECT_TRUE(kept.store.status().problem);
    std::filesystem::create_directory(later);
    kept.Pass(20);
    kept.store.Post(Firing("c"));
    EXPECT_TRUE(kept.Read().is_persistent);
    EXPECT_THAT(kept.lines(), SizeIs(2));
    EXPECT_THAT(kept.lines().back(), HasSubstr("written again"));
  }
  Kept again(later);
  EXPECT_EQ(again.Read().total, 3U) << "also what was kept in memory";
}

// More than SQLite keeps in its memory, so that it reads the file.
void PostMany(IncidentStore& store) {
  IncidentChanges many = Firing("first");
  for (int i = 0; i < 2'000; ++i) {
    many.incidents.push_back(Firing(std::to_string(i)).incidents.front());
    many.incidents.back().document.append(3'000, 'x');
  }
  store.Post(std::move(many));
}

void Damage(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  file.seekp(4'096);
  file << std::string(static_cast<std::size_t>(size - 4'096), '?');
}

TEST(IncidentStore, AFileThatIsDamagedMeanwhileIsPutAside) {
  for (const bool can_be_renamed : {true, false}) {
    const ScratchDirectory directory;
    if (!can_be_renamed) {
      std::filesystem::create_directories(directory.PathTo("incidents.db.damaged/x"));
    }
    Kept kept(directory.path());
    PostMany(kept.store);
    EXPECT_EQ(kept.Read().total, 2'001U);
    Damage(directory.PathTo("incidents.db"));
    for (int i = 0; i < 3; ++i) {
      kept.Pass(20);
      kept.store.Post(Firing("new" + std::to_string(i)));
    }
    kept.Read();
    EXPECT_GE(kept.Read().total, 1U) << "and the status is that after the read before";
    EXPECT_EQ(kept.store.status().is_persistent, can_be_renamed);
    EXPECT_EQ(kept.store.status().problem.has_value(), !can_be_renamed);
    EXPECT_THAT(kept.lines(),
                ElementsAre(HasSubstr(can_be_renamed ? "a new one is begun" : "put aside")));
  }
}

// The answer to the first question is a disk that hangs.
TEST(IncidentStore, NobodyWaitsForADiskThatHangs) {
  auto kept = std::make_unique<Kept>("");
  std::promise<void> hang;
  std::promise<void> hangs;
  ASSERT_TRUE(kept->store.Ask({}, [&](const Result<IncidentPage>&) {
    hangs.set_value();
    hang.get_future().wait();
  }));
  hangs.get_future().wait();
  std::atomic<std::size_t> answered = 0;
  std::size_t taken = 0;
  while (kept->store.Ask({}, [&answered](const Result<IncidentPage>&) { ++answered; })) ++taken;
  EXPECT_EQ(taken, IncidentStore::kMaxWaitingQuestions);
  for (std::size_t i = 0; i < IncidentStore::kMaxWaitingIncidents + 7; ++i) {
    kept->store.Post(Firing(std::to_string(i)));
  }
  EXPECT_EQ(kept->store.status().dropped, 7U);
  kept->store.Stop();  // gives up
  EXPECT_FALSE(kept->store.Ask({}, [](const Result<IncidentPage>&) {}));
  hang.set_value();
  while (answered < taken) std::this_thread::yield();
}

}  // namespace
}  // namespace connwatch::incident_store_test
