#include "exporters/http/body_stream.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

namespace connwatch::body_stream_test {
namespace {

using State = BodyStream::State;

struct Piece {
  State state;
  std::string text;
};

Piece ReadPiece(BodyStream& stream) {
  std::array<char, 4> buffer{};
  const auto read = stream.Read(buffer);
  return {read.state, std::string(buffer.data(), read.bytes)};
}

TEST(BodyStreamTest, IsReadInPiecesAndThenComplete) {
  BodyStream stream;
  EXPECT_EQ(ReadPiece(stream).state, State::kWaiting);
  EXPECT_TRUE(stream.Write("abcdef"));
  EXPECT_EQ(ReadPiece(stream).text, "abcd");
  stream.Complete();
  EXPECT_EQ(ReadPiece(stream).text, "ef");
  EXPECT_EQ(ReadPiece(stream).state, State::kComplete);
  EXPECT_EQ(ReadPiece(stream).state, State::kComplete);
}

TEST(BodyStreamTest, WakesOnceWhenThereIsMore) {
  BodyStream stream;
  int woken = 0;
  stream.Await([&] { ++woken; });
  EXPECT_EQ(woken, 0);
  stream.Write("a");
  stream.Write("b");
  EXPECT_EQ(woken, 1);
  ReadPiece(stream);
  stream.Await([&] { ++woken; });
  stream.Complete();
  EXPECT_EQ(woken, 2);
}

TEST(BodyStreamTest, DoesNotWaitForWhatIsThere) {
  BodyStream stream;
  bool is_woken = false;
  stream.Write("a");
  stream.Await([&] { is_woken = true; });
  EXPECT_TRUE(is_woken);
}

TEST(BodyStreamTest, TheWriterLearnsThatTheReaderIsGone) {
  BodyStream stream;
  bool is_woken = false;
  stream.Await([&] { is_woken = true; });
  stream.Leave();
  EXPECT_FALSE(stream.Write("a"));
  stream.Complete();
  EXPECT_FALSE(is_woken);
}

TEST(BodyStreamTest, BetweenThreads) {
  BodyStream stream;
  std::thread writer([&] {
    for (int i = 0; i < 1'000; ++i) stream.Write("0123456789");
    stream.Complete();
  });
  std::string text;
  for (Piece piece = ReadPiece(stream); piece.state != State::kComplete;
       piece = ReadPiece(stream)) {
    text += piece.text;
  }
  writer.join();
  EXPECT_EQ(text.size(), 10'000U);
}

}  // namespace
}  // namespace connwatch::body_stream_test
