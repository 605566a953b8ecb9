#include "daemon/web/socket_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/records.h"
#include "tests/support/scripted_source.h"

namespace connwatch::socket_search_test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::string ReadAll(BodyStream& stream) {
  std::string text;
  std::array<char, 512> buffer{};
  while (true) {
    const auto read = stream.Read(buffer);
    EXPECT_NE(read.state, BodyStream::State::kWaiting);
    if (read.state != BodyStream::State::kReady) return text;
    text.append(buffer.data(), read.bytes);
  }
}

class SocketSearchTest : public testing::Test {
 protected:
  // What is found when the kernel gives these after its listeners.
  json Find(const SocketQuery& query, DumpScript sockets) {
    source_.Add({{{Listening(1, 443)}, DumpProgress::kDone, std::nullopt}});
    source_.Add(std::move(sockets));
    return Run(query);
  }

  json Run(const SocketQuery& query) {
    SocketSearch finder({.source = source_,
                         .classifier = {},
                         .unit_names = [](std::uint64_t) { return "nginx.service"; },
                         .snapshot = snapshot_,
                         .now = [this] { return now_; },
                         .is_stopping = is_stopping_},
                        query);
    BodyStream stream;
    finder.Find(stream);
    stream.Complete();
    return json::parse(ReadAll(stream));
  }

  // A snapshot with these groups, which sums up others.
  static std::shared_ptr<const Snapshot> Shown(const std::vector<std::string>& groups) {
    auto snapshot = std::make_shared<Snapshot>();
    for (const std::string& name : groups) snapshot->groups.push_back({{}, name, {true, false}});
    snapshot->folded_groups = 1;
    return snapshot;
  }

  static SocketRecord ToPort(std::uint64_t cookie, std::uint16_t remote_port) {
    SocketRecord record = Established(cookie, 40'000);
    record.remote.port = remote_port;
    return record;
  }

  static std::vector<std::string> Cookies(const json& answer) {
    std::vector<std::string> cookies;
    for (const json& socket : answer["sockets"]) cookies.push_back(socket["cookie"]);
    return cookies;
  }

  ScriptedSource source_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::atomic<bool> is_stopping_ = false;
  Instant now_{.monotonic = MonotonicTime(std::chrono::hours(1)),
               .wall = WallTime(std::chrono::seconds(1'700'000'000))};
};

TEST_F(SocketSearchTest, TellsWhoOpenedAConnectionAndItsGroup) {
  SocketRecord inbound = Established(0xabc, 443);
  inbound.cgroup_id = 7;
  snapshot_ = Shown({"443", "other"});
  const json answer = Find({}, {{{inbound, ToPort(2, 5'432)}, DumpProgress::kDone, {}}});
  EXPECT_EQ(answer["dumped_timestamp_seconds"], 1'700'000'000);
  EXPECT_EQ(answer["returned"], 2);
  EXPECT_EQ(answer["is_complete"], true);
  EXPECT_EQ(answer["incomplete_because"], nullptr);
  EXPECT_THAT(Cookies(answer), ElementsAre("abc", "2"));
  const json& first = answer["sockets"][0];
  EXPECT_EQ(first["state"], "established");
  EXPECT_EQ(first["local"], "192.0.2.1:443");
  EXPECT_EQ(first["remote"], "192.0.2.2:50000");
  EXPECT_EQ(first["direction"], "inbound");
  EXPECT_EQ(first["group"], "443");
  EXPECT_EQ(first["unit"], "nginx.service");
  EXPECT_EQ(answer["sockets"][1]["direction"], "outbound");
  EXPECT_EQ(answer["sockets"][1]["group"], "other") << "one that the metrics do not show";
  EXPECT_EQ(answer["sockets"][1]["unit"], nullptr);
}

TEST_F(SocketSearchTest, AnEphemeralPortHasTheGroupThatTheMetricsShow) {
  const std::vector<SocketRecord> records = {ToPort(1, 50'051), ToPort(2, 50'052)};
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->groups = {{{}, "50051", {false, true}}};
  snapshot->kernel.limits.emplace().ephemeral_ports = PortRange{40'000, 60'999};
  snapshot_ = snapshot;
  const json answer = Find({}, {{records, DumpProgress::kDone, {}}});
  EXPECT_EQ(answer["sockets"][0]["group"], "50051");
  EXPECT_EQ(answer["sockets"][1]["group"], "ephemeral");
}

TEST_F(SocketSearchTest, AListenerIsInNoGroup) {
  const json answer = Find({.states = {TcpState::kListen}},
                           {{{Listening(1, 443, 3, 128)}, DumpProgress::kDone, {}}});
  const json& listener = answer["sockets"][0];
  EXPECT_EQ(listener["direction"], nullptr);
  EXPECT_EQ(listener["group"], nullptr);
  EXPECT_EQ(listener["accept_queue_length"], 3);
  EXPECT_EQ(listener["accept_queue_limit"], 128);
}

// An old kernel may not have understood the filter.
TEST_F(SocketSearchTest, LeavesOutWhatWasNotAskedFor) {
  SocketQuery query{.states = {TcpState::kEstablished}};
  query.endpoints.local_ports = PortRange{443, 443};
  const json answer = Find(
      query,
      {{{Listening(1, 443), Established(2, 443), Established(3, 444)}, DumpProgress::kDone, {}}});
  EXPECT_THAT(Cookies(answer), ElementsAre("2"));
}

TEST_F(SocketSearchTest, ByGroupAndDirection) {
  const std::vector<SocketRecord> records = {Established(1, 443), ToPort(2, 5'432)};
  EXPECT_THAT(Cookies(Find({.group = "5432"}, {{records, DumpProgress::kDone, {}}})),
              ElementsAre("2"));
  snapshot_ = Shown({"443", "other"});
  EXPECT_THAT(Cookies(Find({.group = "443"}, {{records, DumpProgress::kDone, {}}})),
              ElementsAre("1"));
  EXPECT_THAT(Cookies(Find({.group = "other"}, {{records, DumpProgress::kDone, {}}})),
              ElementsAre("2"));
  EXPECT_THAT(Cookies(Find({.group = "nobody"}, {{records, DumpProgress::kDone, {}}})), IsEmpty());
  EXPECT_THAT(
      Cookies(Find({.direction = Direction::kOutbound}, {{records, DumpProgress::kDone, {}}})),
      ElementsAre("2"));
}

TEST_F(SocketSearchTest, SaysThatThereAreMoreThanTheLimit) {
  const std::vector<SocketRecord> three = {Established(1), Established(2), Established(3)};
  const json cut = Find({.limit = 2}, {{three, DumpProgress::kMore, {}}});
  EXPECT_THAT(Cookies(cut), ElementsAre("1", "2"));
  EXPECT_EQ(cut["is_complete"], false);
  EXPECT_EQ(cut["incomplete_because"], "limit");
  const json all = Find({.limit = 3}, {{three, DumpProgress::kDone, {}}});
  EXPECT_EQ(all["is_complete"], true) << "exactly as many as there are";
}

TEST_F(SocketSearchTest, ASocketThatComesTwiceIsShownOnce) {
  const json answer = Find({.limit = 1}, {{{Established(1)}, DumpProgress::kMore, {}},
                                          {{Established(1)}, DumpProgress::kDone, {}}});
  EXPECT_EQ(answer["returned"], 1);
  EXPECT_EQ(answer["is_complete"], true);
}

TEST_F(SocketSearchTest, AFailureIsSaidAtTheEnd) {
  const json broken = Find({}, {{{Established(1)}, DumpProgress::kMore, {}},
                                {{}, DumpProgress::kMore, Error{EIO, "the dump broke"}}});
  EXPECT_EQ(broken["returned"], 1);
  EXPECT_EQ(broken["is_complete"], false);
  EXPECT_EQ(broken["incomplete_because"], "the dump broke");
  source_.AddOpenError({EMFILE, "no descriptor"});
  EXPECT_EQ(Run({})["incomplete_because"], "no descriptor");
}

TEST_F(SocketSearchTest, StopsWhenItIsToStop) {
  is_stopping_ = true;
  EXPECT_EQ(Find({}, {{{Established(1)}, DumpProgress::kDone, {}}})["incomplete_because"],
            "the daemon is stopping");
}

TEST_F(SocketSearchTest, AnEndlessDumpMeetsTheTimeLimit) {
  source_.Add({{{}, DumpProgress::kDone, {}}});
  source_.Add({{{}, DumpProgress::kMore, {}}});  // for ever
  int calls = 0;
  SocketSearch finder({.source = source_,
                       .classifier = {},
                       .unit_names = {},
                       .snapshot = nullptr,
                       .now =
                           [&] {
                             if (++calls == 10) now_.monotonic += SocketSearch::kTimeLimit;
                             return now_;
                           },
                       .is_stopping = is_stopping_},
                      {});
  BodyStream stream;
  finder.Find(stream);
  stream.Complete();
  EXPECT_EQ(json::parse(ReadAll(stream))["incomplete_because"], "it took longer than 10 s");
}

}  // namespace
}  // namespace connwatch::socket_search_test
