#include "daemon/process/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace connwatch::options_test {
namespace {

using testing::HasSubstr;

std::variant<Options, EarlyExit> Parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"connwatchd"};
  argv.insert(argv.end(), arguments);
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

TEST(OptionsTest, Defaults) {
  const auto options = std::get<Options>(Parse({}));
  ASSERT_EQ(options.listen_addresses.size(), 1U);
  EXPECT_EQ(options.listen_addresses[0].ToString(), ":10177");
  EXPECT_FALSE(options.once);
  EXPECT_FALSE(options.log_level);
}

TEST(OptionsTest, ListenAddressIsRepeatable) {
  const auto options = std::get<Options>(
      Parse({"--web.listen-address", "127.0.0.1:1", "--web.listen-address=[::1]:2"}));
  ASSERT_EQ(options.listen_addresses.size(), 2U);
  EXPECT_EQ(options.listen_addresses[1].ToString(), "[::1]:2");
}

TEST(OptionsTest, HowToServe) {
  const auto defaults = std::get<Options>(Parse({}));
  EXPECT_FALSE(defaults.systemd_socket);
  EXPECT_FALSE(defaults.enable_lifecycle);
  EXPECT_EQ(defaults.web_config_file, "");
  const auto options = std::get<Options>(
      Parse({"--web.systemd-socket", "--web.config.file=web.yml", "--web.enable-lifecycle"}));
  EXPECT_TRUE(options.systemd_socket);
  EXPECT_TRUE(options.enable_lifecycle);
  EXPECT_EQ(options.web_config_file, "web.yml");
}

TEST(OptionsTest, ContradictionsAreMisuse) {
  const auto both =
      std::get<EarlyExit>(Parse({"--web.systemd-socket", "--web.listen-address", ":1"}));
  EXPECT_EQ(both.code, kExitMisuse);
  EXPECT_THAT(both.output, HasSubstr("exclude each other"));
  EXPECT_EQ(std::get<EarlyExit>(Parse({"--web.config.file="})).code, kExitMisuse);
  EXPECT_EQ(std::get<EarlyExit>(Parse({"--config.file="})).code, kExitMisuse);
}

TEST(OptionsTest, ReadsEveryFlag) {
  const auto options = std::get<Options>(
      Parse({"--config.file", "x.yaml", "--log.level=debug", "--log.format", "json", "--once",
             "--check-config", "--print-rules", "--rules.scrape-interval=1m"}));
  EXPECT_EQ(options.config_file, "x.yaml");
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  EXPECT_EQ(options.log_format, LogFormat::kJson);
  EXPECT_TRUE(options.once);
  EXPECT_TRUE(options.check_config);
  EXPECT_TRUE(options.print_rules);
  EXPECT_EQ(options.rules_scrape_interval, std::chrono::minutes(1));
}

TEST(OptionsTest, HelpAndVersionAreNoFailure) {
  const auto help = std::get<EarlyExit>(Parse({"--help"}));
  EXPECT_EQ(help.code, kExitGood);
  EXPECT_THAT(help.output, HasSubstr("--web.listen-address"));
  const auto version = std::get<EarlyExit>(Parse({"--version"}));
  EXPECT_EQ(version.code, kExitGood);
  EXPECT_THAT(version.output, testing::StartsWith("connwatchd "));
}

TEST(OptionsTest, MisuseNamesWhatIsWrong) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> cases = {
      {{"--nonsense"}, "--nonsense"},
      {{"stray"}, "stray"},
      {{"--log.level", "loud"}, "loud"},
      {{"--log.format=xml"}, "xml"},
      {{"--config.file"}, "--config.file"},
      {{"--rules.scrape-interval=1m"}, "--print-rules"},
      {{"--print-rules", "--rules.scrape-interval=1500ms"}, "--rules.scrape-interval"},
      {{"--print-rules", "--rules.scrape-interval=0s"}, "--rules.scrape-interval"},
      {{"--web.listen-address", "nowhere"}, "\"nowhere\": expected host:port"},
  };
  for (const auto& [arguments, named] : cases) {
    std::vector<const char*> argv = {"connwatchd"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto parsed = ParseOptions(static_cast<int>(argv.size()), argv.data());
    ASSERT_TRUE(std::holds_alternative<EarlyExit>(parsed)) << named;
    EXPECT_EQ(std::get<EarlyExit>(parsed).code, kExitMisuse);
    EXPECT_THAT(std::get<EarlyExit>(parsed).output, HasSubstr(named));
  }
}

}  // namespace
}  // namespace connwatch::options_test
