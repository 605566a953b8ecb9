#include "daemon/process/line_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace connwatch::line_queue_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A line that takes `bytes` of the queue, and begins with `name`.
std::string LineOf(char name, std::size_t bytes) {
  std::string line(bytes - sizeof(std::string), '.');
  line.front() = name;
  return line;
}

// What is written, as the first letters of the lines and, before them, the losses told.
std::vector<std::string> WriteAll(LineQueue& lines) {
  std::vector<std::string> written;
  while (const auto next = lines.Pop()) {
    if (next->lost > 0) written.push_back(std::to_string(next->lost) + " lost");
    written.push_back(next->line.substr(0, 1));
    lines.Told(next->lost);
  }
  return written;
}

TEST(LineQueueTest, KeepsTheOrder) {
  LineQueue lines(1'000);
  for (const char* line : {"a", "b", "c"}) lines.Push(line);
  EXPECT_THAT(WriteAll(lines), ElementsAre("a", "b", "c"));
  EXPECT_EQ(lines.lost(), 0U);
  EXPECT_TRUE(lines.is_empty());
}

TEST(LineQueueTest, IsFilledToTheLastByte) {
  LineQueue lines(800);
  for (const char name : {'a', 'b', 'c', 'd'}) lines.Push(LineOf(name, 200));
  EXPECT_THAT(WriteAll(lines), ElementsAre("a", "b", "c", "d"));
}

TEST(LineQueueTest, TheOldestAreLostUntilAnEighthIsFree) {
  LineQueue lines(1'600);
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) lines.Push(LineOf(name, 200));
  lines.Push(LineOf('i', 200));
  lines.Push(LineOf('j', 200));  // into the eighth
  EXPECT_EQ(lines.lost(), 2U);
  EXPECT_THAT(WriteAll(lines), ElementsAre("2 lost", "c", "d", "e", "f", "g", "h", "i", "j"));
}

TEST(LineQueueTest, ALongLineTakesThePlaceOfSeveral) {
  LineQueue lines(800);
  for (const char name : {'a', 'b', 'c', 'd'}) lines.Push(LineOf(name, 200));
  lines.Push(LineOf('e', 500));
  EXPECT_THAT(WriteAll(lines), ElementsAre("3 lost", "d", "e"));
  lines.Push(LineOf('f', 800));
  EXPECT_THAT(WriteAll(lines), ElementsAre("f")) << "the losses were told";
}

TEST(LineQueueTest, ALineLongerThanTheQueueIsLostAndNoOther) {
  LineQueue lines(800);
  lines.Push(LineOf('a', 200));
  lines.Push(LineOf('b', 801));
  lines.Push(LineOf('c', 200));
  EXPECT_THAT(WriteAll(lines), ElementsAre("1 lost", "a", "c"));
}

TEST(LineQueueTest, EmptyLinesTakeRoom) {
  LineQueue lines(10 * sizeof(std::string));
  for (int i = 0; i < 1'000; ++i) lines.Push("");
  std::size_t left = 0;
  while (lines.Pop()) ++left;
  EXPECT_LE(left, 10U);
  EXPECT_EQ(lines.lost(), 1'000 - left);
}

TEST(LineQueueTest, WhatCouldNotBeWrittenIsToldWithTheNextLine) {
  LineQueue lines(1'000);
  lines.Push("a");
  ASSERT_TRUE(lines.Pop());
  lines.Lost();
  EXPECT_THAT(WriteAll(lines), IsEmpty());
  for (const char* line : {"b", "c"}) lines.Push(line);
  EXPECT_THAT(WriteAll(lines), ElementsAre("1 lost", "b", "c"));
  EXPECT_EQ(lines.lost(), 1U);
}

TEST(LineQueueTest, WhatIsLostWhileALossIsToldIsToldLater) {
  LineQueue lines(800);
  lines.Push(LineOf('a', 801));
  lines.Push(LineOf('b', 200));
  const auto next = lines.Pop();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->lost, 1U);
  lines.Push(LineOf('c', 801));
  lines.Push(LineOf('d', 200));
  lines.Told(next->lost);
  EXPECT_THAT(WriteAll(lines), ElementsAre("1 lost", "d"));
}

}  // namespace
}  // namespace connwatch::line_queue_test
