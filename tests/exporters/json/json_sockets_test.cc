#include "exporters/json/json_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/api_examples.h"
#include "tests/support/records.h"

namespace connwatch::json_sockets_test {
namespace {

using nlohmann::json;

FoundSocket Example() {
  FoundSocket socket{.record = Established(0x3c289b, 40'000), .direction = Direction::kOutbound};
  socket.record.remote.port = 443;
  socket.record.send_queue = 1'448;
  socket.record.timer_expires = std::chrono::milliseconds(204);
  socket.record.retransmissions = 1;
  socket.group = "443";
  socket.unit = "backup.service";
  socket.details = SocketDetails{.timer = SocketTimer::kRetransmission,
                                 .uid = 34,
                                 .inode = 8'430'574,
                                 .congestion_control = "cubic",
                                 .options = {"timestamps", "sack", "window_scaling"},
                                 .tcp_info = {{"rto_seconds", 408'000, 1'000'000},
                                              {"backoff", 1},
                                              {"rtt_seconds", 2'500, 1'000'000},
                                              {"congestion_window_segments", 10},
                                              {"bytes_sent", 5'000'000'000},
                                              {"segments_retransmitted", 3}}};
  return socket;
}

TEST(JsonSocketsTest, TheAnswerIsTheDocumentedExample) {
  const std::string answer = RenderSocketsBegin(WallTime(std::chrono::seconds(1'700'000'000))) +
                             RenderSocket(Example(), true) + RenderSocketsEnd(1, "limit");
  ExpectDocumented({{"/api/v1/sockets?state=syn-sent,established&dport=443&limit=1", answer}});
}

TEST(JsonSocketsTest, EveryFieldIsExplained) {
  FoundSocket listener{.record = Listening(1, 443)};
  for (const FoundSocket& socket : {Example(), listener}) {
    ExpectExplained(json::parse(RenderSocket(socket, true)));
  }
  ExpectExplained(json::parse(RenderSocketsBegin({}) + RenderSocketsEnd(0, "")));
}

TEST(JsonSocketsTest, AnyNumberOfSocketsIsOneDocument) {
  std::string text = RenderSocketsBegin({});
  EXPECT_TRUE(json::parse(text + RenderSocketsEnd(0, "")).at("sockets").empty());
  for (int i = 0; i < 3; ++i) text += RenderSocket(Example(), i == 0);
  EXPECT_EQ(json::parse(text + RenderSocketsEnd(3, "")).at("sockets").size(), 3U);
}

TEST(JsonSocketsTest, WhatIsNoUtf8DoesNotBreakIt) {
  FoundSocket socket = Example();
  socket.unit = "a\xff";
  socket.details->congestion_control = "\xfe";
  EXPECT_NO_THROW(static_cast<void>(json::parse(RenderSocket(socket, true))));
  EXPECT_NO_THROW(
      static_cast<void>(json::parse(RenderSocketsBegin({}) + RenderSocketsEnd(0, "\xff\"\n"))));
}

}  // namespace
}  // namespace connwatch::json_sockets_test
