#include "procfs/netns_names.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "tests/support/live_test.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::netns_names_test {
namespace {

using std::chrono::seconds;

constexpr seconds kMinRescan{30};
constexpr MonotonicTime kStart{seconds(1'000)};

// Files of the scratch directory stand for namespaces: whatever is on its device counts as one.
class NetnsNamesTest : public testing::Test {
 protected:
  NetnsNamesTest() {
    std::filesystem::create_directory(first_.PathTo("names"));
    own_ = first_.Write("own", "");
  }

  static std::uint32_t InodeOf(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return static_cast<std::uint32_t>(status.st_ino);
  }
  std::uint32_t Make(const std::string& name) { return InodeOf(first_.Write("names/" + name, "")); }
  NetnsNames Names(std::vector<std::string> more = {}) {
    std::vector<std::string> directories = {first_.PathTo("names")};
    directories.insert(directories.end(), more.begin(), more.end());
    return {directories, own_, kMinRescan};
  }

  ScratchDirectory first_;
  std::string own_;
};

TEST_F(NetnsNamesTest, FindsANamespaceByItsInode) {
  const std::uint32_t red = Make("red");
  const std::uint32_t blue = Make("blue");
  NetnsNames names = Names();
  names.Meet(2);
  EXPECT_EQ(names.NameOf(1, red, kStart), "red");
  EXPECT_EQ(names.NameOf(2, blue, kStart), "blue");
  const std::uint32_t green = Make("green");
  EXPECT_EQ(names.NameOf(3, green, kStart), "") << "met after the scan";
  EXPECT_EQ(names.NameOf(3, green, kStart + NetnsNames::kMinScanForNew), "green");
}

TEST_F(NetnsNamesTest, ANewNameIsFoundAtTheNextScan) {
  NetnsNames names = Names();
  const std::uint32_t red = Make("red");
  std::filesystem::rename(first_.PathTo("names/red"), first_.PathTo("red"));
  EXPECT_EQ(names.NameOf(1, red, kStart), "");
  std::filesystem::rename(first_.PathTo("red"), first_.PathTo("names/red"));
  EXPECT_EQ(names.NameOf(1, red, kStart + seconds(29)), "");
  EXPECT_EQ(names.NameOf(1, red, kStart + seconds(30)), "red");
}

// kernel: a new namespace takes the smallest inode that is free.
TEST_F(NetnsNamesTest, ANamespaceDoesNotInheritTheNameOfItsInode) {
  const std::uint32_t red = Make("red");
  NetnsNames names = Names();
  EXPECT_EQ(names.NameOf(1, red, kStart), "red");
  std::filesystem::remove(first_.PathTo("names/red"));
  EXPECT_EQ(names.NameOf(2, red, kStart + seconds(1)), "");
  EXPECT_EQ(names.NameOf(2, red, kStart + seconds(31)), "");
}

TEST_F(NetnsNamesTest, TheFirstDirectoryAndTheFirstByTheAlphabetCount) {
  const std::uint32_t red = Make("red");
  std::filesystem::create_hard_link(first_.PathTo("names/red"), first_.PathTo("names/amber"));
  std::filesystem::create_directory(first_.PathTo("more"));
  std::filesystem::create_hard_link(first_.PathTo("names/red"), first_.PathTo("more/aaa"));
  const std::uint32_t blue = InodeOf(first_.Write("more/blue", ""));
  NetnsNames names = Names({first_.PathTo("more")});
  names.Meet(2);
  EXPECT_EQ(names.NameOf(1, red, kStart), "amber");
  EXPECT_EQ(names.NameOf(2, blue, kStart), "blue");
}

TEST_F(NetnsNamesTest, SymbolicLinksAreNotFollowed) {
  const std::uint32_t target = InodeOf(first_.Write("target", ""));
  std::filesystem::create_symlink(first_.PathTo("target"), first_.PathTo("names/link"));
  std::filesystem::create_directory_symlink(first_.PathTo("names"), first_.PathTo("linked"));
  const std::uint32_t red = Make("red");
  NetnsNames names = Names();
  EXPECT_EQ(names.NameOf(1, target, kStart), "");
  NetnsNames through_link({first_.PathTo("linked")}, own_, kMinRescan);
  EXPECT_EQ(through_link.NameOf(1, red, kStart), "");
}

TEST_F(NetnsNamesTest, FilesOfOtherFileSystemsAreNoNamespaces) {
  const std::uint32_t red = Make("red");
  NetnsNames names({first_.PathTo("names")}, "/proc/self/ns/net", kMinRescan);
  EXPECT_EQ(names.NameOf(1, red, kStart), "");
}

TEST_F(NetnsNamesTest, AFifoDoesNotBlock) {
  ASSERT_EQ(mkfifo(first_.PathTo("names/fifo").c_str(), 0600), 0);
  const std::uint32_t red = Make("red");
  EXPECT_EQ(Names().NameOf(1, red, kStart), "red");
}

TEST_F(NetnsNamesTest, DirectoriesThatAreNotThereAreNoError) {
  NetnsNames names({first_.PathTo("none"), own_}, own_, kMinRescan);
  EXPECT_EQ(names.NameOf(1, 7, kStart), "");
  NetnsNames without_own({first_.PathTo("names")}, first_.PathTo("none"), kMinRescan);
  EXPECT_EQ(without_own.NameOf(1, Make("red"), kStart), "");
}

TEST_F(NetnsNamesTest, LooksAtAtMostSoManyEntries) {
  for (std::size_t i = 0; i < NetnsNames::kMaxEntries + 10; ++i) Make("n" + std::to_string(i));
  NetnsNames names = Names();
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(first_.PathTo("names"))) {
    names.NameOf(1, InodeOf(entry.path()), kStart);
    if (!names.NameOf(1, InodeOf(entry.path()), kStart).empty()) ++found;
  }
  EXPECT_LE(found, NetnsNames::kMaxEntries);
  EXPECT_GT(found, NetnsNames::kMaxEntries / 2);
}

TEST_F(NetnsNamesTest, ManyNamespacesAreForgottenAndFoundAgain) {
  const std::uint32_t red = Make("red");
  NetnsNames names = Names();
  for (std::uint64_t cookie = 1; cookie <= NetnsNames::kMaxRemembered + 10; ++cookie) {
    names.NameOf(cookie, 1, kStart + kMinRescan * static_cast<int>(cookie));
  }
  EXPECT_EQ(names.NameOf(7, red, kStart + kMinRescan * 1'000'000), "red");
}

// A thread with a /run of its own, so that nothing of the host's changes.
class LiveNetnsNamesTest : public testing::Test {
 protected:
  // Returns why it cannot run; empty if it has run.
  static std::string InOwnRun(const std::function<void()>& test) {
    std::string obstacle;
    std::thread([&] {
      if (unshare(CLONE_NEWNS) != 0) {
        obstacle = "no mount namespace: needs CAP_SYS_ADMIN";
      } else if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                 mount("none", "/run", "tmpfs", 0, nullptr) != 0) {
        obstacle = "no /run of its own";
      } else if (std::system("ip netns add red && ip netns add blue") != 0) {
        obstacle = "ip netns add does not work here";
      } else {
        test();
      }
    }).join();
    return obstacle;
  }
};

TEST_F(LiveNetnsNamesTest, FindsWhatIpNetnsHasAdded) {
  const std::string obstacle = InOwnRun([] {
    struct stat red {};
    ASSERT_EQ(stat("/run/netns/red", &red), 0);
    std::ofstream("/run/netns/no-namespace") << "";
    struct stat other {};
    ASSERT_EQ(stat("/run/netns/no-namespace", &other), 0);
    NetnsNames names({"/run/netns"}, "/proc/self/ns/net", kMinRescan);
    EXPECT_EQ(names.NameOf(1, static_cast<std::uint32_t>(red.st_ino), kStart), "red");
    NetnsNames again({"/run/netns"}, "/proc/self/ns/net", kMinRescan);
    EXPECT_EQ(again.NameOf(1, static_cast<std::uint32_t>(other.st_ino), kStart), "");
  });
  if (!obstacle.empty()) CONNWATCH_CANNOT_RUN(obstacle);
}

}  // namespace
}  // namespace connwatch::netns_names_test
