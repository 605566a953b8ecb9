#include "config/regular_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>

#include "tests/support/scratch_directory.h"

namespace connwatch::regular_file_test {
namespace {

std::string Read(const std::string& path, std::size_t max_bytes = 100'000) {
  const Result<std::string> content = ReadRegularFile(path, max_bytes);
  return content ? *content : "error: " + content.error().context;
}

TEST(RegularFile, ReadsTheWholeFile) {
  const ScratchDirectory scratch;
  const std::string content = std::string(40'000, 'a') + '\0' + std::string(40'000, 'b');
  EXPECT_EQ(Read(scratch.Write("file", content)), content);
  EXPECT_EQ(Read(scratch.Write("empty", "")), "");
}

TEST(RegularFile, ReadsAFileWithoutASize) {
  ASSERT_EQ(std::filesystem::file_size("/proc/self/cmdline"), 0U);
  EXPECT_NE(Read("/proc/self/cmdline").find("config_test"), std::string::npos);
}

TEST(RegularFile, RefusesAPathWithANul) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("file", "content");
  EXPECT_EQ(Read(path + '\0' + "x"), "error: has a NUL in its path, must have none");
}

TEST(RegularFile, RefusesMoreThanTheLimit) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("file", std::string(50'000, 'x'));
  EXPECT_EQ(Read(path, 50'000).size(), 50'000U);
  EXPECT_EQ(Read(path, 49'999), "error: is too large, must be at most 49999 bytes");
  EXPECT_EQ(Read(path, 1), "error: is too large, must be at most 1 bytes");
}

// What the system refuses has an errno; what is only too much, or no file, has none.
TEST(RegularFile, OnlyAFailureOfTheSystemHasAnErrno) {
  const ScratchDirectory scratch;
  EXPECT_EQ(ReadRegularFile(scratch.PathTo("missing"), 1).error().code, ENOENT);
  EXPECT_EQ(ReadRegularFile(scratch.Write("file", "ab"), 1).error().code, 0);
  EXPECT_EQ(ReadRegularFile(scratch.path(), 1).error().code, 0);
}

TEST(RegularFile, RefusesWhatIsNotThere) {
  const ScratchDirectory scratch;
  EXPECT_EQ(Read(scratch.PathTo("missing")), "error: cannot be opened: No such file or directory");
  EXPECT_EQ(Read(""), "error: cannot be opened: No such file or directory");
  EXPECT_EQ(Read(scratch.Write("file", "") + "/below"), "error: cannot be opened: Not a directory");
}

TEST(RegularFile, RefusesAFileItMayNotRead) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("secret", "a: 1");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  // Root may read everything: be nobody meanwhile.
  constexpr uid_t kNobody = 65534;
  const bool is_root = geteuid() == 0;
  if (is_root) ASSERT_EQ(seteuid(kNobody), 0);
  const std::string answer = Read(path);
  if (is_root) ASSERT_EQ(seteuid(0), 0);
  // The directory of the file may be closed to nobody as well.
  EXPECT_EQ(answer, "error: cannot be opened: Permission denied");
}

// Nothing is mapped at the address 0, where the file begins.
TEST(RegularFile, ReportsAReadThatFails) {
  EXPECT_EQ(Read("/proc/self/mem"), "error: cannot be read: Input/output error");
}

TEST(RegularFile, RefusesWhatIsNoRegularFile) {
  const ScratchDirectory scratch;
  EXPECT_EQ(Read(scratch.path()), "error: is a directory, must be a regular file");
  EXPECT_EQ(Read("/dev/zero"), "error: is not a regular file, must be one");
}

// Would hang if the file was opened to wait for a writer.
TEST(RegularFile, DoesNotWaitForAFifo) {
  const ScratchDirectory scratch;
  ASSERT_EQ(mkfifo(scratch.PathTo("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Read(scratch.PathTo("fifo")), "error: is not a regular file, must be one");
}

// Where the standard input is closed, the next file that is opened gets its number.
TEST(RegularFile, ADescriptorMayBeZero) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("file", "content");
  const int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  close(STDIN_FILENO);
  const auto content = ReadRegularFile(path, 100);
  if (input >= 0) {
    dup2(input, STDIN_FILENO);
    close(input);
  }
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, "content");
}

TEST(RegularFile, FollowsALink) {
  const ScratchDirectory scratch;
  std::filesystem::create_symlink(scratch.Write("file", "content"), scratch.PathTo("link"));
  EXPECT_EQ(Read(scratch.PathTo("link")), "content");
  std::filesystem::create_symlink(scratch.PathTo("loop"), scratch.PathTo("loop"));
  EXPECT_EQ(Read(scratch.PathTo("loop")),
            "error: cannot be opened: Too many levels of symbolic links");
}

}  // namespace
}  // namespace connwatch::regular_file_test
