#include "daemon/config_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>

#include "procfs/host_identity.h"
#include "tests/support/scratch_directory.h"

namespace connwatch::config_use_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ConfigUseTest, WithoutAFileTheDefaultsHold) {
  const ConfigResult loaded = LoadEffectiveConfig({});
  ASSERT_TRUE(std::holds_alternative<Config>(loaded));
  EXPECT_EQ(std::get<Config>(loaded), Config{});
}

TEST(ConfigUseTest, FlagsOverrideTheFile) {
  const ScratchDirectory scratch;
  Options options;
  options.config_file = scratch.Write("connwatch.yaml", "log: {level: error, format: json}\n");
  options.log_level = LogLevel::kDebug;
  const auto config = std::get<Config>(LoadEffectiveConfig(options));
  EXPECT_EQ(config.log.level, LogLevel::kDebug);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
}

TEST(ConfigUseTest, MistakesOfBothFilesAreTold) {
  const ScratchDirectory scratch;
  Options options;
  options.config_file = scratch.Write("connwatch.yaml", "max_group: 3\n");
  options.web_config_file = scratch.Write("web.yml", "rate_limit: {burst: x}\n");
  const auto loaded = LoadSettings(options);
  const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded);
  ASSERT_NE(errors, nullptr);
  ASSERT_GE(errors->size(), 2U);
  EXPECT_THAT(errors->front().ToString(), HasSubstr("connwatch.yaml:1:1: max_group"));
  EXPECT_THAT(errors->back().ToString(), HasSubstr("web.yml:1:"));
}

TEST(ConfigUseTest, AFileThatIsMissingIsAMistake) {
  Options options;
  options.config_file = "/nonexistent/connwatch.yaml";
  EXPECT_TRUE(std::holds_alternative<std::vector<ConfigError>>(LoadSettings(options)));
}

std::vector<ListeningSocket> Listening(const ScratchDirectory& scratch) {
  std::vector<ListeningSocket> sockets;
  for (const ListenAddress& address :
       {ListenAddress{.host = {}, .port = 0, .unix_path = scratch.PathTo("socket")},
        ListenAddress{.host = "127.0.0.1", .port = 0, .unix_path = {}}}) {
    sockets.push_back(ListeningSocket::Open(address).value());
  }
  return sockets;
}

TEST(OwnAddressTest, IsTheFirstPort) {
  const ScratchDirectory scratch;
  const auto sockets = Listening(scratch);
  const std::string port = std::to_string(sockets.back().port());
  const OwnAddress plain = OwnAddressFrom({}, sockets, false);
  EXPECT_EQ(plain.host, HostName());
  EXPECT_EQ(plain.port, port);
  EXPECT_THAT(plain.external_url, MatchesRegex("http://[^/]+:" + port));
  EXPECT_THAT(OwnAddressFrom({}, sockets, true).external_url,
              MatchesRegex("https://[^/]+:" + port));
  EXPECT_EQ(OwnAddressFrom({}, {}, false).port, "");
  EXPECT_THAT(OwnAddressFrom({}, {}, false).external_url, MatchesRegex("http://[^/:]+"));
}

TEST(OwnAddressTest, IsTheConfiguredUrl) {
  Config config;
  config.web.external_url = "https://watch.example.org/web1";
  EXPECT_EQ(OwnAddressFrom(config, {}, false).external_url, "https://watch.example.org/web1");
  EXPECT_THAT(HostNamesFrom(config), Contains("watch.example.org"));
}

TEST(AlertOriginTest, IsWhatPrometheusWouldHave) {
  const OwnAddress own{.host = "web1", .port = "10177", .external_url = "http://web1:10177"};
  EXPECT_EQ(AlertOriginFrom({}, own),
            (AlertOrigin{.labels = {{"instance", "web1:10177"}, {"job", "connwatch"}},
                         .external_url = "http://web1:10177",
                         .runbook_url = "http://web1:10177/runbook#{{alertname}}"}));
  const OwnAddress unix_only{.host = "web1", .port = {}, .external_url = "http://web1"};
  EXPECT_EQ(AlertOriginFrom({}, unix_only).labels.at("instance"), "web1");
}

TEST(AlertOriginTest, FollowsTheConfiguration) {
  Config config;
  config.alert_labels = {{"instance", "{{host}}.example.org:{{port}}"}, {"region", "eu"}};
  config.runbook_url = "https://wiki/{{alertname}}";
  const OwnAddress own{.host = "web1", .port = "10177", .external_url = "http://web1:10177"};
  EXPECT_EQ(AlertOriginFrom(config, own),
            (AlertOrigin{.labels = {{"instance", "web1.example.org:10177"},
                                    {"job", "connwatch"},
                                    {"region", "eu"}},
                         .external_url = "http://web1:10177",
                         .runbook_url = "https://wiki/{{alertname}}"}));
}

TEST(ConfigReaderTest, FollowsTheFile) {
  const ScratchDirectory scratch;
  Options options;
  options.log_level = LogLevel::kDebug;
  options.config_file = scratch.PathTo("connwatch.yaml");
  ConfigReader reader(options);
  const auto max_groups = [&](const char* text) {
    scratch.Write("connwatch.yaml", text);
    const auto* config = std::get_if<Config>(&reader.Load());
    if (config == nullptr) return std::size_t{0};
    EXPECT_EQ(config->log.level, LogLevel::kDebug);
    return config->max_groups;
  };
  EXPECT_FALSE(std::holds_alternative<Config>(reader.Load())) << "there is no file";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(max_groups("max_groups: 3\n"), 3U);
    EXPECT_EQ(max_groups("max_groups: 3\n"), 3U) << "the same again";
    EXPECT_EQ(max_groups("max_groups: 4\n"), 4U);
    EXPECT_EQ(max_groups("max_groups: x\n"), 0U);
    EXPECT_EQ(max_groups("max_groups: x\n"), 0U) << "a mistake stays one";
  }
  std::filesystem::remove(options.config_file);
  EXPECT_FALSE(std::holds_alternative<Config>(reader.Load()));
  EXPECT_EQ(max_groups("max_groups: 4\n"), 4U);
}

TEST(ConfigReaderTest, WithoutAFileTheDefaultsHold) {
  const Options options;
  EXPECT_EQ(std::get<Config>(ConfigReader(options).Load()), Config{});
}

TEST(ConfigUseTest, LimitsOfTheServerAreThoseBelowWeb) {
  Config config;
  config.web.max_connections = 7;
  config.web.max_connections_per_address = 3;
  config.web.timeout = std::chrono::seconds(11);
  const HttpLimits limits = HttpLimitsFrom(config);
  EXPECT_EQ(limits.max_connections, 7U);
  EXPECT_EQ(limits.max_connections_per_address, 3U);
  EXPECT_EQ(limits.timeout, std::chrono::seconds(11));
}

}  // namespace
}  // namespace connwatch::config_use_test
