#include "config/group_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace connwatch::group_parser_test {
namespace {

std::string Name(std::string_view text) {
  const Result<std::string> name = ParseGroupName(text);
  return name ? "= " + *name : name.error().context;
}

TEST(ParseGroupName, TakesWhatALabelCanShow) {
  for (const std::string& name :
       {std::string("a"), std::string("nginx@1.service"), std::string("team/web:443"),
        std::string("Other"), std::string("_"), std::string("443-tls"), std::string(64, 'x')}) {
    EXPECT_EQ(Name(name), "= " + name);
  }
}

TEST(ParseGroupName, NamesTheCharacters) {
  const std::string must = " is not a name, must be 1 to 64 letters, digits or _.:@/-";
  EXPECT_EQ(Name(""), "\"\"" + must);
  EXPECT_EQ(Name("a b"), "\"a b\"" + must);
  EXPECT_EQ(Name("käse"), "\"käse\"" + must);
  EXPECT_EQ(Name("a\n"), "\"a\n\"" + must);
  EXPECT_EQ(Name("a\\b"), "\"a\\b\"" + must);
  EXPECT_EQ(Name(std::string(65, 'x')), "\"" + std::string(40, 'x') + "...\"" + must);
}

TEST(ParseGroupName, RefusesTheNamesOfAutomaticGroups) {
  EXPECT_EQ(Name("other"), "\"other\" is the group of all beyond max_groups, must be another name");
  EXPECT_EQ(Name("443"), "\"443\" is the automatic group of a port, must not be digits only");
  EXPECT_EQ(Name("0"), "\"0\" is the automatic group of a port, must not be digits only");
}

std::string Ports(std::string_view text) {
  const Result<PortRange> ports = ParsePorts(text);
  return ports ? std::to_string(ports->first) + ".." + std::to_string(ports->last)
               : ports.error().context;
}

TEST(ParsePorts, TakesAPortOrARange) {
  EXPECT_EQ(Ports("443"), "443..443");
  EXPECT_EQ(Ports("1"), "1..1");
  EXPECT_EQ(Ports("65535"), "65535..65535");
  EXPECT_EQ(Ports("6000-6100"), "6000..6100");
  EXPECT_EQ(Ports("1-65535"), "1..65535");
  EXPECT_EQ(Ports("80-80"), "80..80");
}

TEST(ParsePorts, NamesTheRange) {
  EXPECT_EQ(Ports("0"), "0 is too small, must be from 1 to 65535");
  EXPECT_EQ(Ports("65536"), "65536 is too large, must be from 1 to 65535");
  EXPECT_EQ(Ports("0-80"), "0 is too small, must be from 1 to 65535");
  EXPECT_EQ(Ports("80-65536"), "65536 is too large, must be from 1 to 65535");
  EXPECT_EQ(Ports("080"), "\"080\" is not a plain whole number, must be from 1 to 65535");
}

TEST(ParsePorts, NamesTheOrder) {
  EXPECT_EQ(Ports("6100-6000"), "\"6100-6000\" is out of order, must be 6000-6100");
}

TEST(ParsePorts, RefusesEverythingElse) {
  for (const std::string text : {"", "-", "80-", "-80", "80-90-100", "80 - 90", "80:90", "http",
                                 "443/tcp", "+80", "8e1", "80,81"}) {
    EXPECT_EQ(Ports(text), "\"" + text + "\" is not a port, must be such as 443 or 6000-6100");
  }
}

std::string Prefix(std::string_view text) {
  const Result<IpPrefix> prefix = ParsePrefix(text);
  return prefix ? prefix->ToString() : prefix.error().context;
}

TEST(ParsePrefix, SaysWhatTheTextWas) {
  EXPECT_EQ(Prefix("10.0.0.0/8"), "10.0.0.0/8");
  EXPECT_EQ(Prefix("10.0.0.1/8"),
            "\"10.0.0.1/8\" has bits set beyond its length, must be 10.0.0.0/8");
  EXPECT_EQ(Prefix("ten"),
            "\"ten\" is not an IP address or prefix, must be such as 192.0.2.1, 10.0.0.0/8 or "
            "fd00::/8");
}

std::string Unit(std::string_view text) {
  const Result<UnitPattern> unit = ParseUnitPattern(text);
  if (!unit) return unit.error().context;
  return (unit->is_prefix ? "begins with " : "is ") + unit->text;
}

TEST(ParseUnitPattern, TakesANameOrTheBeginningOfOne) {
  EXPECT_EQ(Unit("nginx.service"), "is nginx.service");
  EXPECT_EQ(Unit("dev-disk-by\\x2duuid.swap"), "is dev-disk-by\\x2duuid.swap");
  EXPECT_EQ(Unit("docker-*"), "begins with docker-");
  EXPECT_EQ(Unit("*"), "begins with ");
  EXPECT_EQ(Unit("shop/cart-7c9/redis"), "is shop/cart-7c9/redis");
  EXPECT_EQ(Unit("shop/*"), "begins with shop/");
  EXPECT_EQ(Unit(std::string(381, 'x') + "*"), "begins with " + std::string(381, 'x'));
}

TEST(ParseUnitPattern, SaysWhatIsWrong) {
  EXPECT_EQ(Unit(""), "\"\" is empty, must be such as nginx.service or \"docker-*\"");
  const std::string star = " has a * before its end, must have it as its last character";
  EXPECT_EQ(Unit("*.service"), "\"*.service\"" + star);
  EXPECT_EQ(Unit("a**"), "\"a**\"" + star);
  const std::string letters = " is not a unit, must be letters, digits or :-_.\\@/";
  EXPECT_EQ(Unit("my app.service"), "\"my app.service\"" + letters);
  EXPECT_EQ(Unit("/system.slice/a.service"), "\"/system.slice/a.service\"" + letters);
  EXPECT_EQ(Unit(std::string(382, 'x')),
            "\"" + std::string(40, 'x') + "...\" is too long, must be at most 381 characters");
}

}  // namespace
}  // namespace connwatch::group_parser_test
