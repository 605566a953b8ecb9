#include "daemon/web/web_front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <utility>

#include "tests/support/loopback_client.h"
#include "tests/support/reports.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::web_front_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr HttpLimits kLimits = {
    .max_connections = 10, .max_connections_per_address = 10, .timeout = std::chrono::seconds(10)};

class WebFrontTest : public testing::Test {
 protected:
  WebFrontTest() {
    options_.listen_addresses = {{{}, 0, socket_}};
    reports_.Store(std::make_shared<const PublishedReport>(FullReport()));
  }

  void UseWebFile(std::string_view content) {
    options_.web_config_file = scratch_.Write("web.yml", content);
  }

  std::unique_ptr<WebFront> Start() {
    auto policy = std::get<std::shared_ptr<const WebPolicy>>(LoadWebPolicy(options_));
    auto front = std::make_unique<WebFront>(options_, std::move(policy),
                                            WebSources{reports_, pulse_}, *loop_,
                                            WebActions{.reload = [this]() -> Result<void> {
                                                         ++reloads_;
                                                         return {};
                                                       },
                                                       .sockets = {},
                                                       .on_web_files_read =
                                                           [this](bool is_successful) {
                                                             was_read_ = is_successful;
                                                             loop_->Stop();
                                                           }});
    const Result<void> started = front->Start(OpenListeningSockets(options_).value(), kLimits, {});
    EXPECT_TRUE(started) << started.error().context;
    return front;
  }

  std::string Ask(const std::string& request_line) const {
    LoopbackClient client(socket_);
    client.Send(request_line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.ReadToEnd();
  }

  const ScratchDirectory scratch_;
  const std::string socket_ = scratch_.PathTo("web.sock");
  std::unique_ptr<EventLoop> loop_ = EventLoop::Create().value();
  Options options_;
  ReportSlot reports_;
  Pulse pulse_;
  std::atomic<int> reloads_ = 0;  // counted on an HTTP thread
  std::optional<bool> was_read_;
};

TEST_F(WebFrontTest, ServesTheLatestReport) {
  const auto front = Start();
  EXPECT_THAT(Ask("GET /-/ready"), StartsWith("HTTP/1.1 200"));
  reports_.Store(std::make_shared<const PublishedReport>(EmptyReport()));
  EXPECT_THAT(Ask("GET /-/ready"), StartsWith("HTTP/1.1 503"));
}

TEST_F(WebFrontTest, AReloadThatIsEnabledIsPassedOn) {
  options_.enable_lifecycle = true;
  const auto front = Start();
  EXPECT_THAT(Ask("POST /-/reload"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(reloads_, 1);
}

TEST_F(WebFrontTest, AReloadForAPageOfSomebodyElseIsRefusedAndCounted) {
  options_.enable_lifecycle = true;
  const auto front = Start();
  EXPECT_THAT(Ask("POST /-/reload HTTP/1.1\r\nOrigin: http://page.example\r\nX: "),
              StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(reloads_, 0);
  EXPECT_EQ(front->refusals().at(IndexOf(WebRefusal::kForeign)), 1U);
}

TEST_F(WebFrontTest, AReloadThatIsNotEnabledIsRefused) {
  const auto front = Start();
  EXPECT_THAT(Ask("POST /-/reload"), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(reloads_, 0);
}

TEST_F(WebFrontTest, AChangedFileIsReadByItself) {
  UseWebFile("http_server_config: {headers: {X-Frame-Options: deny}}\n");
  const auto front = Start();
  EXPECT_THAT(Ask("GET /-/healthy"), HasSubstr("X-Frame-Options: deny"));
  UseWebFile("http_server_config: {headers: {X-Frame-Options: sameorigin}}\n");
  EXPECT_TRUE(loop_->Run());  // until the next look at the files
  EXPECT_EQ(was_read_, true);
  EXPECT_THAT(Ask("GET /-/healthy"), HasSubstr("X-Frame-Options: sameorigin"));
}

TEST_F(WebFrontTest, AMistakeLeavesInForceWhatWas) {
  UseWebFile("http_server_config: {headers: {X-Frame-Options: deny}}\n");
  const auto front = Start();
  UseWebFile("http_server_config: {header: {}}\n");
  const Result<void> reloaded = front->Reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().context, HasSubstr("web.yml:1:"));
  EXPECT_THAT(Ask("GET /-/healthy"), HasSubstr("X-Frame-Options: deny"));
}

TEST_F(WebFrontTest, TlsDoesNotComeOrGoByAReload) {
  UseWebFile("{}\n");
  const auto front = Start();
  const auto [certificate, key] = MakeSelfSignedCertificate();
  scratch_.Write("cert.pem", certificate);
  scratch_.Write("key.pem", key);
  UseWebFile("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n");
  const Result<void> reloaded = front->Reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().context, HasSubstr("takes effect after a restart"));
}

TEST_F(WebFrontTest, CountsRefusals) {
  const auto front = Start();
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nContent-Length: 3\r\nX:"), StartsWith("HTTP/1.1 413"));
  EXPECT_EQ(front->refusals().at(IndexOf(WebRefusal::kBody)), 1U);
}

TEST_F(WebFrontTest, AnAddressThatIsTakenIsAnError) {
  const auto front = Start();
  const auto second = OpenListeningSockets(options_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().context, HasSubstr(socket_));
}

}  // namespace
}  // namespace connwatch::web_front_test
