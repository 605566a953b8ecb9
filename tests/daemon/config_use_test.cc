#include "daemon/config_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scratch_directory.h"

namespace connwatch {
namespace {

using testing::HasSubstr;

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
}  // namespace connwatch
