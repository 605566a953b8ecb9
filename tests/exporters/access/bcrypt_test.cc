#include "exporters/access/bcrypt.h"

#include <gtest/gtest.h>

namespace connwatch::bcrypt_test {
namespace {

// By htpasswd -nbBC 4 "" secret
constexpr const char* kSecret = "$2y$04$oq/ylvM7ZtDdvEXzFwsfBeVG7vDFsYN6yWwmNv1LieSRO4gZEav5C";

TEST(BcryptTest, MatchesThePasswordOnly) {
  EXPECT_TRUE(MatchesBcrypt("secret", kSecret));
  for (const char* wrong : {"", "Secret", "secret ", "secre"}) {
    EXPECT_FALSE(MatchesBcrypt(wrong, kSecret)) << wrong;
  }
}

TEST(BcryptTest, ReadsTheFirst72Bytes) {
  // By htpasswd -nbBC 4 "" with 72 times "x"
  constexpr const char* kLong = "$2y$04$Uv9rIa6B3fn6T9NPSc.y3OoU6/3crXUVIN0br8FwUN2RFrYls5Tli";
  const std::string most(72, 'x');
  EXPECT_TRUE(MatchesBcrypt(most, kLong));
  EXPECT_TRUE(MatchesBcrypt(most + "y", kLong));
  EXPECT_FALSE(MatchesBcrypt(std::string(71, 'x'), kLong));
  EXPECT_FALSE(MatchesBcrypt(std::string(71, 'x') + "y", kLong));
}

TEST(BcryptTest, AHashThatIsNoneMatchesNothing) {
  for (const char* hash : {"", "*0", "*1", "secret", "$2y$", "$2y$99$"}) {
    EXPECT_FALSE(MatchesBcrypt("secret", hash)) << hash;
    EXPECT_FALSE(MatchesBcrypt("", hash)) << hash;
  }
}

TEST(BcryptTest, TheUnmatchedHashIsWellFormedAndMatchesNothing) {
  const std::string hash = UnmatchedBcrypt(4);
  EXPECT_EQ(hash.size(), 60U);
  EXPECT_EQ(BcryptCost(hash), 4U);
  EXPECT_EQ(BcryptCost(UnmatchedBcrypt(12)), 12U);
  for (const char* password : {"", "secret", "."}) EXPECT_FALSE(MatchesBcrypt(password, hash));
}

}  // namespace
}  // namespace connwatch::bcrypt_test
