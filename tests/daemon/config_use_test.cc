#include "daemon/config_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>

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
}  // namespace connwatch
