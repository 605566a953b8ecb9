#include "core/alerts/alert_signal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace connwatch::alert_signal_test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(AlertSignalTest, WindowsAreOfRatesAndRatiosOnly) {
  for (const AlertSignalSpec& spec : AlertSignals()) {
    EXPECT_EQ(spec.form == SignalForm::kLevel, spec.window.count() == 0) << spec.name;
    EXPECT_EQ(spec.form == SignalForm::kRatio, spec.min_per > 0) << spec.name;
    EXPECT_EQ(Name(spec.id), spec.name);
  }
}

TEST(AlertSignalTest, ARatioSaysWhatItNeeds) {
  for (const AlertSignalSpec& spec : AlertSignals()) {
    if (spec.form != SignalForm::kRatio) continue;
    const std::string least = std::to_string(static_cast<int>(spec.min_per));
    EXPECT_THAT(std::string(spec.meaning), HasSubstr("Absent below " + least + " ")) << spec.name;
  }
}

TEST(AlertSignalTest, FormatsAValueInItsUnit) {
  EXPECT_EQ(FormatValue(SignalUnit::kCount, 64), "64");
  EXPECT_EQ(FormatValue(SignalUnit::kPerSecond, 12.346), "12.35/s");
  EXPECT_EQ(FormatValue(SignalUnit::kShare, 0.8), "80 %");
  EXPECT_EQ(FormatValue(SignalUnit::kShare, 1.015625), "101.56 %");
  EXPECT_EQ(FormatValue(SignalUnit::kSeconds, 0.25), "0.25 s");
  EXPECT_EQ(FormatValue(SignalUnit::kSeconds, 0.0004), "0.0004 s");
  EXPECT_EQ(FormatValue(SignalUnit::kBytes, 65'536), "65536 bytes");
  EXPECT_EQ(FormatValue(SignalUnit::kFactor, 2.345), "2.35 x");
  EXPECT_EQ(FormatValue(SignalUnit::kCount, -0.0001), "0");
  EXPECT_EQ(FormatValue(SignalUnit::kCount, std::numeric_limits<double>::infinity()), "0");
  EXPECT_EQ(FormatValue(SignalUnit::kShare, 1e300), "1000000000000000 %");
}

}  // namespace
}  // namespace connwatch::alert_signal_test
