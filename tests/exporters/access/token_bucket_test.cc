#include "exporters/access/token_bucket.h"

#include <gtest/gtest.h>

namespace connwatch::token_bucket_test {
namespace {

using namespace std::chrono_literals;

const MonotonicTime kStart{1'000s};

TEST(TokenBucketTest, PermitsABurstAndThenOnePerInterval) {
  TokenBucket bucket(100ms, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(kStart)) << i;
  EXPECT_FALSE(bucket.Take(kStart));
  EXPECT_EQ(bucket.Wait(kStart), 100ms);
  EXPECT_FALSE(bucket.Take(kStart + 99ms));
  EXPECT_TRUE(bucket.Take(kStart + 100ms));
  EXPECT_FALSE(bucket.Take(kStart + 100ms));
}

TEST(TokenBucketTest, WhatIsRefusedCostsNothing) {
  TokenBucket bucket(1s, 1);
  EXPECT_TRUE(bucket.Take(kStart));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(bucket.Take(kStart + 500ms));
  EXPECT_TRUE(bucket.Take(kStart + 1s));
}

TEST(TokenBucketTest, FillsUpToTheBurstAndNoFurther) {
  TokenBucket bucket(1s, 2);
  EXPECT_TRUE(bucket.IsFull(kStart));
  EXPECT_TRUE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.IsFull(kStart));
  EXPECT_TRUE(bucket.HasToken(kStart));
  EXPECT_EQ(bucket.Wait(kStart), 0s);
  const MonotonicTime later = kStart + 1h;
  EXPECT_TRUE(bucket.IsFull(later));
  EXPECT_TRUE(bucket.Take(later));
  EXPECT_TRUE(bucket.Take(later));
  EXPECT_FALSE(bucket.Take(later));
}

}  // namespace
}  // namespace connwatch::token_bucket_test
