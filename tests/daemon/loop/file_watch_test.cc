#include "daemon/loop/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/scratch_directory.h"

namespace connwatch::file_watch_test {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  FileWatchTest() {
    folder_.Write("a", "one");
    watch_.Watch({folder_.PathTo("a"), folder_.PathTo("b")});
    EXPECT_TRUE(watch_.HasChanged()) << "it may have since it was read";
    EXPECT_FALSE(watch_.HasChanged());
  }

  ScratchDirectory folder_;
  FileWatch watch_;
};

TEST_F(FileWatchTest, NoticesAWrite) {
  folder_.Write("a", "other");
  EXPECT_TRUE(watch_.HasChanged());
  EXPECT_FALSE(watch_.HasChanged());
}

TEST_F(FileWatchTest, NoticesAReplacementOfTheSameSize) {
  folder_.Write("new", "two");
  ASSERT_EQ(std::rename(folder_.PathTo("new").c_str(), folder_.PathTo("a").c_str()), 0);
  EXPECT_TRUE(watch_.HasChanged());
}

TEST_F(FileWatchTest, NoticesThatAFileComesAndGoes) {
  folder_.Write("b", "");
  EXPECT_TRUE(watch_.HasChanged());
  ASSERT_EQ(unlink(folder_.PathTo("b").c_str()), 0);
  EXPECT_TRUE(watch_.HasChanged());
  EXPECT_FALSE(watch_.HasChanged());
}

TEST_F(FileWatchTest, LooksThroughSymlinks) {
  folder_.Write("target", "x");
  ASSERT_EQ(symlink("target", folder_.PathTo("b").c_str()), 0);
  EXPECT_TRUE(watch_.HasChanged());
  folder_.Write("target", "xyz");
  EXPECT_TRUE(watch_.HasChanged());
}

}  // namespace
}  // namespace connwatch::file_watch_test
