#include "containers/host_root.h"

#include <gtest/gtest.h>

#include "tests/support/scratch_directory.h"

namespace connwatch::host_root_test {
namespace {

TEST(HostRootTest, IsADirectoryWithCgroups) {
  const ScratchDirectory host;
  const std::string root = host.path();
  const std::string mountinfo = host.Write(
      "mountinfo", "41 31 0:38 /../.. " + root + "/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  const std::string none = host.Write("none", "1 0 0:1 / / rw - ext4 x rw\n");
  EXPECT_EQ(ProblemWithHostRoot(root, mountinfo), std::nullopt);
  EXPECT_EQ(ProblemWithHostRoot("/", none), std::nullopt);
  EXPECT_EQ(ProblemWithHostRoot(root, none),
            "host_root: " + root + ": no cgroup v2 is mounted below it");
  EXPECT_EQ(ProblemWithHostRoot("/nowhere", mountinfo),
            "host_root: /nowhere: No such file or directory");
  EXPECT_EQ(ProblemWithHostRoot(none, mountinfo), "host_root: " + none + ": is no directory");
}

}  // namespace
}  // namespace connwatch::host_root_test
