#include "exporters/access/basic_credentials.h"

#include <gtest/gtest.h>

namespace connwatch::basic_credentials_test {
namespace {

TEST(BasicCredentialsTest, ReadsUserAndPassword) {
  const auto credentials = ParseBasicCredentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "Aladdin");
  EXPECT_EQ(credentials->password, "open sesame");
}

TEST(BasicCredentialsTest, APasswordMayHaveColonsAndBeEmpty) {
  EXPECT_EQ(ParseBasicCredentials("basic  YTpiOmM=")->password, "b:c");
  EXPECT_EQ(ParseBasicCredentials("Basic YTo=")->password, "");
  EXPECT_EQ(ParseBasicCredentials("Basic Og==")->user, "");
}

TEST(BasicCredentialsTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "Basic", "Basic ", "Basic    ", "Bearer YTpi", "Basic YWI=",  // ab
        "Basic !!!!", "Basic YTpi=", "BasicYTpi", "Basic YTpiAGM="}) {    // "a:b", NUL, "c"
    EXPECT_FALSE(ParseBasicCredentials(text)) << text;
  }
}

}  // namespace
}  // namespace connwatch::basic_credentials_test
