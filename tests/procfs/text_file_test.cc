#include "procfs/text_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/scratch_directory.h"

namespace connwatch::text_file_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(TextFileTest, ReadsMoreThanOneChunk) {
  const ScratchDirectory tree;
  const std::string text(700'000, 'x');
  const auto read = ReadTextFile(tree.Write("long", text));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, text);
}

TEST(TextFileTest, ReadsSixteenMebibytesAtMost) {
  const ScratchDirectory tree;
  std::string text(std::size_t{16} << 20U, 'x');
  EXPECT_EQ(ReadTextFile(tree.Write("most", text)).value().size(), text.size());
  text += 'x';
  const auto read = ReadTextFile(tree.Write("more", text));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, EFBIG);
}

TEST(TextFileTest, AFileWithoutEndIsAnError) {
  const auto read = ReadTextFile("/dev/zero");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, EFBIG);
}

TEST(TextFileTest, AnErrorNamesTheFile) {
  const auto missing = ReadTextFile("/nonexistent/snmp");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_THAT(missing.error().context, HasSubstr("/nonexistent/snmp: No such file"));

  const auto directory = ReadTextFile("/proc");
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().code, EISDIR);
}

// Where the standard input is closed, the next file that is opened gets its number.
TEST(TextFileTest, ADescriptorMayBeZero) {
  const ScratchDirectory scratch;
  const std::string path = scratch.Write("file", "content");
  const int input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  close(STDIN_FILENO);
  const auto content = ReadTextFile(path);
  if (input >= 0) {
    dup2(input, STDIN_FILENO);
    close(input);
  }
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, "content");
}

TEST(TextFileTest, SplitsLines) {
  EXPECT_THAT(SplitLines("").value(), IsEmpty());
  EXPECT_THAT(SplitLines("\n").value(), ElementsAre(""));
  EXPECT_THAT(SplitLines("a b\n\nc\n").value(), ElementsAre("a b", "", "c"));
  const auto cut = SplitLines("a\nb");
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code, EBADMSG);
}

TEST(TextFileTest, SplitsFields) {
  EXPECT_THAT(SplitFields(""), IsEmpty());
  EXPECT_THAT(SplitFields(" \t "), IsEmpty());
  EXPECT_THAT(SplitFields("\ta  bc d "), ElementsAre("a", "bc", "d"));
}

TEST(TextFileTest, ParsesUnsigned) {
  EXPECT_EQ(ParseUnsigned("0"), 0U);
  EXPECT_EQ(ParseUnsigned("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseUnsigned(bad)) << bad;
  }
}

TEST(TextFileTest, ANegativeCountIsAbsent) {
  EXPECT_EQ(ParseCount("7").value(), 7U);
  EXPECT_EQ(ParseCount("-1").value(), std::nullopt);
  for (const char* bad : {"", "-", "--1", "-x", "1-"}) EXPECT_FALSE(ParseCount(bad).ok()) << bad;
}

}  // namespace
}  // namespace connwatch::text_file_test
