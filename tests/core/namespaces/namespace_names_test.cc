#include "core/namespaces/namespace_names.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

namespace connwatch::namespace_names_test {
namespace {

TEST(IsMadeByRuntimeTest, KnowsTheFormsOfTheRuntimes) {
  for (const char* name : {"cni-7d43a5f2-2a1c", "netns-0c8b1f1e-5a2d", "4f1d2c3b4a59",
                           "1-9f8e7d6c5b", "8c1f0a52-9b7e-4d6f-a111-222233334444"}) {
    EXPECT_TRUE(IsMadeByRuntime(name)) << name;
  }
  for (const char* name :
       {"blue", "web-1", "cafe", "netns-of-anna", "deadbeef", "router12345678"}) {
    EXPECT_FALSE(IsMadeByRuntime(name)) << name;
  }
}

TEST(NamespaceNamesTest, APersonsNameComesFirstThenTheOwner) {
  NamespaceNames names;
  EXPECT_EQ(names.NameOf(1, {.mount = "blue", .unit = "nginx.service"}), "blue");
  EXPECT_EQ(names.NameOf(2, {.mount = "cni-12", .unit = "web"}), "web");
  EXPECT_EQ(names.NameOf(3, {.mount = "cni-13"}), "cni-13");
  EXPECT_EQ(names.NameOf(4, {.unit = "db.service"}), "db.service");
  EXPECT_EQ(names.NameOf(5, {}), "unnamed-1");
  EXPECT_EQ(names.NameOf(6, {.mount = "cni-14", .unit = "a/b/c", .container = "a/b"}), "a/b");
  EXPECT_EQ(names.NameOf(7, {.mount = "red", .unit = "a/b/c", .container = "a/b"}), "red");
}

TEST(NamespaceNamesTest, ATakenNameGetsANumber) {
  NamespaceNames names;
  EXPECT_EQ(names.NameOf(1, {.unit = "web"}), "web");
  EXPECT_EQ(names.NameOf(2, {.unit = "web"}), "web-2");
  EXPECT_EQ(names.NameOf(3, {.mount = "web-3"}), "web-3");
  EXPECT_EQ(names.NameOf(4, {.unit = "web"}), "web-4");
  names.Forget(1);
  EXPECT_EQ(names.NameOf(2, {.unit = "web"}), "web-2") << "it keeps its name";
  EXPECT_EQ(names.NameOf(5, {.unit = "web"}), "web");
}

TEST(NamespaceNamesTest, UnnamedOnesTakeTheSmallestFreeNumber) {
  NamespaceNames names;
  EXPECT_EQ(names.NameOf(1, {}), "unnamed-1");
  EXPECT_EQ(names.NameOf(2, {}), "unnamed-2");
  EXPECT_EQ(names.NameOf(3, {}), "unnamed-3");
  names.Forget(2);
  EXPECT_EQ(names.NameOf(3, {}), "unnamed-3");
  EXPECT_EQ(names.NameOf(4, {}), "unnamed-2");
  EXPECT_EQ(names.NameOf(5, {.mount = "unnamed"}), "unnamed");
  EXPECT_EQ(names.NameOf(6, {.mount = "unnamed-4"}), "unnamed-4");
  EXPECT_EQ(names.NameOf(7, {}), "unnamed-5");
}

TEST(NamespaceNamesTest, OnlyABetterNameReplacesOne) {
  NamespaceNames names;
  EXPECT_EQ(names.NameOf(1, {}), "unnamed-1");
  EXPECT_TRUE(names.IsUnnamed(1));
  EXPECT_EQ(names.NameOf(1, {.mount = "cni-1"}), "cni-1");
  EXPECT_EQ(names.NameOf(1, {.unit = "web"}), "web");
  EXPECT_EQ(names.NameOf(1, {.unit = "db"}), "web") << "another owner is no better";
  EXPECT_EQ(names.NameOf(1, {}), "web");
  EXPECT_EQ(names.NameOf(1, {.unit = "web", .container = "shop/cart"}), "shop/cart");
  EXPECT_EQ(names.NameOf(1, {.mount = "blue"}), "blue");
  EXPECT_EQ(names.NameOf(1, {.mount = "green"}), "blue");
  EXPECT_EQ(names.NameOf(2, {}), "unnamed-1") << "given back";
}

TEST(NamespaceNamesTest, NobodyIsCalledOther) {
  NamespaceNames names;
  EXPECT_EQ(names.NameOf(1, {.mount = "other"}), "other-2");
}

TEST(NamespaceNamesTest, UnusableTextIsNoName) {
  NamespaceNames names;
  const std::string too_long(NamespaceNames::kMaxLength + 1, 'x');
  std::uint64_t cookie = 0;
  for (const std::string& text : {std::string("a b"), std::string("a\nb"), std::string("\xff"),
                                  std::string("b\xc3\xbc"), too_long}) {
    ++cookie;
    EXPECT_EQ(names.NameOf(cookie, {.mount = text, .unit = text}),
              "unnamed-" + std::to_string(cookie));
  }
}

TEST(NamespaceNamesPropertyTest, NamesAreUniqueWhateverCandidatesCome) {
  const std::vector<std::string> texts = {"",        "web",     "web-2",     "web-3",
                                          "web-2-2", "other",   "unnamed-1", "unnamed-2",
                                          "cni-1",   "unnamed", "other-2"};
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
  const auto any = [&] { return texts.at(random() % texts.size()); };
  NamespaceNames names;
  std::map<std::uint64_t, std::string> held;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t cookie = random() % 50;
    if (random() % 3 == 0) {
      names.Forget(cookie);
      held.erase(cookie);
    } else {
      held[cookie] = names.NameOf(cookie, {.mount = any(), .unit = any()});
    }
    std::set<std::string> different{"other"};
    for (const auto& [holder, name] : held) {
      EXPECT_TRUE(different.insert(name).second) << name;
    }
  }
  for (std::uint64_t cookie = 0; cookie < 50; ++cookie) names.Forget(cookie);
  EXPECT_EQ(names.size(), 0U);
  EXPECT_EQ(names.NameOf(1, {}), "unnamed-1");
}

}  // namespace
}  // namespace connwatch::namespace_names_test
