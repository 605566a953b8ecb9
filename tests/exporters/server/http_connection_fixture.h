// A server over loopback, plain or over TLS, whose requests, refusals and log a test can look at.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "exporters/routes/routes.h"
#include "exporters/server/http_server.h"
#include "tests/support/loopback_client.h"
#include "tests/support/reports.h"

namespace connwatch {

inline constexpr HttpLimits kLoopbackLimits = {
    .max_connections = 50, .max_connections_per_address = 200, .timeout = std::chrono::seconds(30)};

/// Answered with 200; behind the second the server closes.
inline const std::string kRequest = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
inline const std::string kLastRequest =
    "GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// HTTPS with a certificate of its own, and nothing else.
inline std::shared_ptr<const WebPolicy> TlsPolicy() {
  static const SelfSignedCertificate own = MakeSelfSignedCertificate();
  WebAccess access;
  access.tls =
      TlsSettings{.certificate = {"server.crt", own.certificate}, .key = {"server.key", own.key}};
  return WebPolicy::Create(access).value();
}

/// "a&a&a&...": more parameters than there is memory for.
inline std::string ManyParameters(std::string_view parameter, std::size_t bytes) {
  std::string target = "/?";
  while (target.size() < bytes) target += parameter;
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

/// Waits for at most ten seconds.
inline void WaitFor(const std::function<bool()>& condition, const char* what) {
  for (int i = 0; i < 2'000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(condition()) << what;
}

/// The parameter says how clients connect.
class HttpConnectionTest : public testing::TestWithParam<LoopbackClient::Security> {
 protected:
  HttpConnectionTest() {
    slot_.Store(std::make_shared<const PublishedReport>(FullReport()));
    if (IsTls()) guard_.Enforce(TlsPolicy());
  }

  static bool IsTls() { return GetParam() != LoopbackClient::Security::kPlain; }

  std::unique_ptr<HttpServer> Start(const HttpLimits& limits = kLoopbackLimits) {
    auto server =
        HttpServer::Start(ListeningSocket::Open({"127.0.0.1", 0, {}}).value(), limits, services_);
    EXPECT_TRUE(server) << server.error().context;
    return std::move(server).value();
  }

  static std::unique_ptr<LoopbackClient> Connect(const HttpServer& server) {
    return std::make_unique<LoopbackClient>(server.port(), GetParam());
  }

  // The reply to a request after which either side closes.
  static std::string Exchange(const HttpServer& server, std::string_view request) {
    LoopbackClient client(server.port(), GetParam());
    client.Send(request);
    return client.ReadToEnd();
  }

  // The reply to kRequest.
  static std::string ReadHealthy(LoopbackClient& client) {
    return client.ReadUntil("connwatch is healthy.\n");
  }

  // Waits until the server has forgotten all clients.
  static void ExpectNothingLeft(const HttpServer& server) {
    WaitFor([&] { return server.connections() == 0; }, "no connection is left");
    EXPECT_EQ(server.requests(), 0U);
  }

  // Since the last call, of this reason; of any other there must be none.
  std::uint64_t Refused(WebRefusal reason) {
    const WebRefusalCounts now = guard_.refusals();
    const auto sum = [](const WebRefusalCounts& counts) {
      return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    };
    const std::uint64_t refused = now.at(IndexOf(reason)) - before_.at(IndexOf(reason));
    EXPECT_EQ(sum(now) - sum(before_), refused) << "other reasons than " << Name(reason);
    before_ = now;
    return refused;
  }

  std::vector<std::string> TakeLog() {
    const MutexLock lock(mutex_);
    return std::exchange(log_, {});
  }

  ReportSlot slot_;
  Pulse pulse_;
  Mutex mutex_;
  std::vector<std::string> log_ CONNWATCH_GUARDED_BY(mutex_);
  WebGuard guard_{WebPolicy::Create({}).value(),
                  [this](WebRefusal /*reason*/, const std::string& line) {
                    const MutexLock lock(mutex_);
                    log_.push_back(line);
                  }};
  WebRefusalCounts before_{};
  RouteServices routes_{slot_, pulse_};
  HeldBodies held_;
  HttpServices services_{guard_,
                         [this](const HttpRequest& request) {
                           return Answer(request, routes_, {{}, std::chrono::system_clock::now()});
                         },
                         held_};
};

/// For INSTANTIATE_TEST_SUITE_P.
inline std::string NameOf(const testing::TestParamInfo<LoopbackClient::Security>& info) {
  switch (info.param) {
    case LoopbackClient::Security::kPlain:
      return "Plain";
    case LoopbackClient::Security::kTls12:
      return "Tls12";
    case LoopbackClient::Security::kTls13:
      return "Tls13";
  }
  return "";
}

}  // namespace connwatch
