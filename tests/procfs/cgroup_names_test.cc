#include "procfs/cgroup_names.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "procfs/cgroup_unit.h"
#include "procfs/text_file.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::cgroup_names_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kMinRescan{5};
constexpr MonotonicTime kStart{seconds(1'000)};

// Linux 6.18, hybrid hierarchy.
constexpr std::string_view kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:1 - cgroup2 cgroup2 rw\n";

std::uint64_t IdOf(const std::string& directory) {
  struct stat status {};
  EXPECT_EQ(stat(directory.c_str(), &status), 0) << directory;
  return status.st_ino;
}

// "" for a cgroup that is not found.
std::string UnitIn(CgroupNames& names, std::uint64_t cgroup_id, MonotonicTime now) {
  const CgroupOwner* owner = names.Find(cgroup_id, now);
  return owner == nullptr ? "" : owner->unit;
}

// A hierarchy in a temporary directory, and the mountinfo that leads there.
class CgroupNamesTest : public testing::Test {
 protected:
  CgroupNamesTest() {
    MakeCgroup("");
    WriteMountinfo(tree_.PathTo("cgroup"), "/");
  }

  void WriteMountinfo(const std::string& directory, const std::string& root) {
    mountinfo_ = tree_.Write("mountinfo",
                             "41 31 0:38 " + root + " " + directory + " rw - cgroup2 cgroup2 rw\n");
  }

  std::uint64_t MakeCgroup(const std::string& path) const {
    const std::string directory = tree_.PathTo("cgroup" + path);
    std::filesystem::create_directories(directory);
    return IdOf(directory);
  }

  CgroupNames Names(const std::string& host_root = "/") const {
    return {mountinfo_, host_root, kMinRescan};
  }

  const ScratchDirectory tree_;
  std::string mountinfo_;
};

TEST(CgroupMountTest, FindsTheHybridMount) {
  EXPECT_EQ(FindCgroupMount(kHybrid), (CgroupMount{"/sys/fs/cgroup/unified", "/"}));
}

TEST(CgroupMountTest, PrefersTheUsualPlaces) {
  const std::string other = "50 1 0:38 /a /mnt/x rw - cgroup2 none rw\n";
  const std::string unified = "51 1 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(FindCgroupMount(other), (CgroupMount{"/mnt/x", "/a"}));
  EXPECT_EQ(FindCgroupMount(other + std::string(kHybrid))->directory, "/sys/fs/cgroup/unified");
  EXPECT_EQ(FindCgroupMount(std::string(kHybrid) + unified + other)->directory, "/sys/fs/cgroup");
}

TEST(CgroupMountTest, OnlyMountsBelowTheHostsRootCount) {
  const std::string own = "50 1 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
  const std::string host = "51 1 0:38 /../../.. /host/sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  const std::string other = "52 1 0:38 / /hostile/sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  const std::string all = other + own + host;
  for (const char* root : {"/host", "/host/"}) {
    EXPECT_EQ(FindCgroupMount(all, root), (CgroupMount{"/host/sys/fs/cgroup", "/"}));
    EXPECT_EQ(FindCgroupMount(other + own, root), std::nullopt);
  }
  EXPECT_EQ(FindCgroupMount(own + host + other)->directory, "/sys/fs/cgroup");
}

TEST(CgroupMountTest, APathFromACgroupNamespaceBeginsAtTheTop) {
  const auto root = [](const std::string& text) {
    return FindCgroupMount("5 1 0:38 " + text + " /x rw - cgroup2 c rw")->root;
  };
  EXPECT_EQ(root("/.."), "/");
  EXPECT_EQ(root("/../.."), "/");
  EXPECT_EQ(root("/../../system.slice"), "/system.slice");
  EXPECT_EQ(root("/..a"), "/..a");
}

TEST(CgroupMountTest, ResolvesEscapes) {
  EXPECT_EQ(FindCgroupMount(R"(50 1 0:38 / /a\040b\011c\012d\134e\04 rw - cgroup2 none rw)"),
            (CgroupMount{"/a b\tc\nd\\e\\04", "/"}));
}

TEST(CgroupMountTest, ABackslashBeforeAnythingElseStays) {
  for (const std::string text : {R"(\08x)", R"(\/40)", R"(\4:0)"}) {
    EXPECT_EQ(FindCgroupMount("50 1 0:38 / /a" + text + " rw - cgroup2 none rw")->directory,
              "/a" + text);
  }
}

TEST(CgroupMountTest, EveryLineIsReadFromItsFirstCharacter) {
  EXPECT_EQ(FindCgroupMount("1 0 0:1 / / rw - ext4 x rw\n2 1 0:38 / /mnt/x rw - cgroup2 none rw\n"),
            (CgroupMount{"/mnt/x", "/"}));
}

TEST(CgroupMountTest, NothingBehindTheTypeIsNeeded) {
  EXPECT_EQ(FindCgroupMount("2 1 0:38 /a /mnt/x rw - cgroup2"), (CgroupMount{"/mnt/x", "/a"}));
}

TEST(CgroupMountTest, NothingWithoutCgroup2) {
  for (const char* text : {"", "\n\n", "-", "- cgroup2", "1 2 3 - cgroup2 x\n",
                           "31 23 0:28 / /sys/fs/cgroup rw - tmpfs cgroup2 rw\n"}) {
    EXPECT_EQ(FindCgroupMount(text), std::nullopt) << text;
  }
}

TEST(CgroupMountTest, CutAtEveryLengthIsTheMountOrNothing) {
  for (std::size_t length = 0; length < kHybrid.size(); ++length) {
    const auto mount = FindCgroupMount(std::string(kHybrid.substr(0, length)));
    EXPECT_TRUE(!mount || mount->directory == "/sys/fs/cgroup/unified") << length;
  }
}

TEST_F(CgroupNamesTest, NamesUnits) {
  const auto nginx = MakeCgroup("/system.slice/nginx.service");
  const auto nested = MakeCgroup("/user.slice/user@1.service/app.slice/foo.service/x");
  const auto plain = MakeCgroup("/plain");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, nginx, kStart), "nginx.service");
  EXPECT_EQ(UnitIn(names, nested, kStart), "foo.service");
  EXPECT_EQ(UnitIn(names, plain, kStart), "");
  EXPECT_EQ(UnitIn(names, IdOf(tree_.PathTo("cgroup")), kStart), "");
}

TEST_F(CgroupNamesTest, TheRootAndNoCgroupHaveNoName) {
  auto names = Names();
  EXPECT_EQ(UnitIn(names, 0, kStart), "");
  EXPECT_EQ(UnitIn(names, 1, kStart), "");
}

TEST_F(CgroupNamesTest, ABindMountsRootIsPartOfThePath) {
  WriteMountinfo(tree_.PathTo("cgroup"), "/system.slice/outer.service");
  const auto inner = MakeCgroup("/inner");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, inner, kStart), "outer.service");
}

TEST_F(CgroupNamesTest, ANewCgroupIsFoundByTheNextWalk) {
  const auto first = MakeCgroup("/first.service");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, first, kStart), "first.service");
  const auto second = MakeCgroup("/second.service");
  EXPECT_EQ(UnitIn(names, second, kStart + kMinRescan - milliseconds(1)), "");
  EXPECT_EQ(UnitIn(names, first, kStart + kMinRescan - milliseconds(1)), "first.service");
  EXPECT_EQ(UnitIn(names, second, kStart + kMinRescan), "second.service");
}

// Many sockets whose cgroup is gone must cost one walk, not one each.
TEST_F(CgroupNamesTest, MissesOfOneWalkAreRememberedTogether) {
  constexpr std::uint64_t kGone = std::uint64_t{1} << 60;
  auto names = Names();
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(UnitIn(names, kGone + i, kStart), "");
  MonotonicTime now = kStart + kMinRescan;
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(UnitIn(names, kGone + i, now), "");

  // All three are known to be missing: none has used up the walk of this interval.
  now += kMinRescan;
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(UnitIn(names, kGone + i, now), "");
  const auto fresh = MakeCgroup("/fresh.service");
  EXPECT_EQ(UnitIn(names, fresh, now), "fresh.service");
}

TEST_F(CgroupNamesTest, ABoundedNumberOfMissesIsRemembered) {
  constexpr std::uint64_t kGone = std::uint64_t{1} << 60;
  constexpr std::uint64_t kMost = 100'000;
  auto names = Names();
  for (std::uint64_t i = 0; i <= kMost + 1; ++i) UnitIn(names, kGone + i, kStart);
  MonotonicTime now = kStart + kMinRescan;
  UnitIn(names, kGone + kMost + 1, now);  // one too many: the next walk does not learn it
  now += kMinRescan;
  UnitIn(names, kGone + kMost, now);      // remembered
  UnitIn(names, kGone + kMost + 1, now);  // not remembered, so this walks
  const auto fresh = MakeCgroup("/fresh.service");
  EXPECT_EQ(UnitIn(names, fresh, now), "") << "no second walk so soon";
  EXPECT_EQ(UnitIn(names, fresh, now + kMinRescan), "fresh.service");
}

TEST_F(CgroupNamesTest, TheMoreCgroupsTheRarerTheWalks) {
  constexpr int kCgroups = 8'000;  // a millisecond of pause for each
  for (int i = 0; i < kCgroups; ++i) MakeCgroup("/" + std::to_string(i));
  auto names = Names();
  EXPECT_EQ(UnitIn(names, 2, kStart), "");
  const auto fresh = MakeCgroup("/fresh.service");
  EXPECT_EQ(UnitIn(names, fresh, kStart + kMinRescan), "") << "no second walk so soon";
  EXPECT_EQ(UnitIn(names, fresh, kStart + milliseconds(kCgroups + 1)), "fresh.service");
}

TEST_F(CgroupNamesTest, FindsContainers) {
  const std::string id(64, 'a');
  const auto web = MakeCgroup("/system.slice/docker-" + id + ".scope");
  auto names = Names();
  const CgroupOwner* owner = names.Find(web, kStart);
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->container, (CgroupContainer{"docker", id}));
  EXPECT_EQ(owner->unit, "docker-aaaaaaaaaaaa");
}

// A user may nest them, and the paths must not fill the memory.
TEST_F(CgroupNamesTest, ACgroupWithAnOverlongPathHasNoName) {
  std::string path = "/user.slice/user@1.service";
  for (int depth = 0; depth < 5; ++depth) path += "/" + std::string(180, 'x');
  const auto unit = MakeCgroup(path + "/app.slice/fits.service");
  const auto overlong = MakeCgroup(path + "/" + std::string(180, 'x') + "/long.service");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, unit, kStart), "fits.service");
  EXPECT_EQ(UnitIn(names, overlong, kStart), "");
}

TEST_F(CgroupNamesTest, ARemovedCgroupLosesItsName) {
  const auto old = MakeCgroup("/old.service");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, old, kStart), "old.service");
  const auto keep = MakeCgroup("/keep.service");
  std::filesystem::remove(tree_.PathTo("cgroup/old.service"));
  EXPECT_EQ(UnitIn(names, keep, kStart + kMinRescan), "keep.service");
  EXPECT_EQ(UnitIn(names, old, kStart + kMinRescan), "");
}

TEST_F(CgroupNamesTest, AFailedWalkTeachesNothing) {
  const auto unit = MakeCgroup("/late.service");
  std::filesystem::remove(mountinfo_);
  auto names = Names();
  EXPECT_EQ(UnitIn(names, unit, kStart), "");
  WriteMountinfo(tree_.PathTo("nowhere"), "/");
  EXPECT_EQ(UnitIn(names, unit, kStart + kMinRescan), "");
  WriteMountinfo(tree_.PathTo("cgroup"), "/");
  EXPECT_EQ(UnitIn(names, unit, kStart + 2 * kMinRescan), "late.service");
}

TEST_F(CgroupNamesTest, FollowsNoLinks) {
  MakeCgroup("/a.service");
  std::filesystem::create_directory_symlink("..", tree_.PathTo("cgroup/a.service/loop.service"));
  const auto inner = MakeCgroup("/a.service/inner");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, inner, kStart), "a.service");
}

TEST_F(CgroupNamesTest, DeeperThanTheLimitHasNoName) {
  std::string path;
  for (int depth = 1; depth <= 32; ++depth) path += "/d.service";
  const auto deepest = MakeCgroup(path);
  const auto too_deep = MakeCgroup(path + "/d.service");
  auto names = Names();
  EXPECT_EQ(UnitIn(names, deepest, kStart), "d.service");
  EXPECT_EQ(UnitIn(names, too_deep, kStart), "");
}

TEST_F(CgroupNamesTest, ALimitOnDirectoriesCostsTheInnermost) {
  const auto outer = MakeCgroup("/z.service");
  for (int i = 0; i < 20'000; ++i) MakeCgroup("/a.service/" + std::to_string(i));
  auto names = Names();
  EXPECT_EQ(UnitIn(names, outer, kStart), "z.service");
  std::size_t named = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto id = IdOf(tree_.PathTo("cgroup/a.service/" + std::to_string(i)));
    if (!UnitIn(names, id, kStart).empty()) ++named;
  }
  EXPECT_EQ(named, 20'000U - 3U);  // the root, a.service and z.service are among them
}

TEST(CgroupNamesLiveTest, NamesTheCgroupOfThisProcess) {
  const auto mountinfo = ReadTextFile("/proc/self/mountinfo");
  ASSERT_TRUE(mountinfo.ok()) << mountinfo.error().context;
  const auto mount = FindCgroupMount(*mountinfo);
  if (!mount) GTEST_SKIP() << "no cgroup v2 here";
  const auto cgroups = ReadTextFile("/proc/self/cgroup");
  ASSERT_TRUE(cgroups.ok()) << cgroups.error().context;
  const std::size_t line = cgroups->find("0::/");
  ASSERT_NE(line, std::string::npos);
  const std::string path = cgroups->substr(line + 3, cgroups->find('\n', line) - line - 3);
  struct stat status {};
  if (mount->root != "/" || stat((mount->directory + path).c_str(), &status) != 0) {
    GTEST_SKIP() << "the mount does not show this process's cgroup";
  }
  CgroupNames names("/proc/self/mountinfo", "/", kMinRescan);
  EXPECT_EQ(UnitIn(names, status.st_ino, kStart), UnitFromCgroupPath(path));
}

}  // namespace
}  // namespace connwatch::cgroup_names_test
