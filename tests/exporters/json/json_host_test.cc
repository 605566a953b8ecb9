#include "exporters/json/json_host.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/api_examples.h"
#include "tests/support/reports.h"

namespace connwatch::json_host_test {
namespace {

nlohmann::json HostOf(const Report& report) { return nlohmann::json::parse(RenderHost(report)); }

TEST(JsonHostTest, TheAnswerIsTheDocumentedExample) {
  ExpectDocumented({{"/api/v1/host", RenderHost(FullReport())}});
}

TEST(JsonHostTest, EveryFieldIsExplained) {
  const auto host = HostOf(FullReport());
  ExpectExplained(host);
  ExpectExplained(host.at("limits").at(0));
  ExpectExplained(host.at("rates"));
}

TEST(JsonHostTest, WhatIsNotKnownIsNull) {
  const auto host = HostOf(EmptyReport());
  EXPECT_TRUE(host.at("time_zone").is_null());
  EXPECT_EQ(host.at("rates").size(), 11U) << "every field is there";
  for (const auto& [name, rate] : host.at("rates").items()) EXPECT_TRUE(rate.is_null()) << name;
  for (const auto& limit : host.at("limits")) {
    EXPECT_TRUE(limit.at("used").is_null() && limit.at("limit").is_null()) << limit;
    EXPECT_TRUE(limit.at("used_ratio").is_null());
    EXPECT_TRUE(limit.at("subject").is_null());
  }
}

TEST(JsonHostTest, ARateThatThisKernelLacksIsNull) {
  const auto rates = HostOf(FullReport()).at("rates");
  EXPECT_TRUE(rates.at("timeouts_per_second").is_null());
  EXPECT_EQ(rates.at("listen_drops_per_second"), 2);
  EXPECT_EQ(rates.at("retransmitted_ratio"), 0.0625);
}

}  // namespace
}  // namespace connwatch::json_host_test
