#include "config/regular_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace connwatch {
namespace {

// A directory of the test's own, removed with it.
class RegularFileTest : public testing::Test {
 protected:
  RegularFileTest() {
    std::string path = testing::TempDir() + "regular_file_test.XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    directory_ = path;
  }
  ~RegularFileTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ / name; }

  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }

  static std::string Read(const std::string& path, std::size_t max_bytes = 100'000) {
    const Result<std::string> content = ReadRegularFile(path, max_bytes);
    return content ? *content : "error: " + content.error().context;
  }

  std::filesystem::path directory_;
};

TEST_F(RegularFileTest, ReadsTheWholeFile) {
  const std::string content = std::string(40'000, 'a') + '\0' + std::string(40'000, 'b');
  EXPECT_EQ(Read(Write("file", content)), content);
  EXPECT_EQ(Read(Write("empty", "")), "");
}

TEST_F(RegularFileTest, ReadsAFileWithoutASize) {
  ASSERT_EQ(std::filesystem::file_size("/proc/self/cmdline"), 0U);
  EXPECT_NE(Read("/proc/self/cmdline").find("config_test"), std::string::npos);
}

TEST_F(RegularFileTest, RefusesMoreThanTheLimit) {
  const std::string path = Write("file", std::string(50'000, 'x'));
  EXPECT_EQ(Read(path, 50'000).size(), 50'000U);
  EXPECT_EQ(Read(path, 49'999), "error: is too large, must be at most 49999 bytes");
  EXPECT_EQ(Read(path, 1), "error: is too large, must be at most 1 bytes");
}

TEST_F(RegularFileTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(Read(Path("missing")), "error: cannot be opened: No such file or directory");
  EXPECT_EQ(Read(""), "error: cannot be opened: No such file or directory");
  EXPECT_EQ(Read(Write("file", "") + "/below"), "error: cannot be opened: Not a directory");
}

TEST_F(RegularFileTest, RefusesAFileItMayNotRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string path = Write("secret", "a: 1");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_EQ(Read(path), "error: cannot be opened: Permission denied");
}

TEST_F(RegularFileTest, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(Read(directory_), "error: is a directory, must be a regular file");
  EXPECT_EQ(Read("/dev/zero"), "error: is not a regular file, must be one");
}

// Would hang if the file was opened to wait for a writer.
TEST_F(RegularFileTest, DoesNotWaitForAFifo) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Read(Path("fifo")), "error: is not a regular file, must be one");
}

TEST_F(RegularFileTest, FollowsALink) {
  std::filesystem::create_symlink(Write("file", "content"), Path("link"));
  EXPECT_EQ(Read(Path("link")), "content");
  std::filesystem::create_symlink(Path("loop"), Path("loop"));
  EXPECT_EQ(Read(Path("loop")), "error: cannot be opened: Too many levels of symbolic links");
}

}  // namespace
}  // namespace connwatch
