#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "core/listeners/diagnose.h"

namespace connwatch {
namespace {

TEST(DiagnosisCauseTest, NamesAreTheLabelValues) {
  std::vector<std::string_view> names;
  for (const DiagnosisCause cause : kDiagnosisCauses) {
    EXPECT_EQ(kDiagnosisCauses[IndexOf(cause)], cause);
    names.push_back(Name(cause));
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"accept_queue_full", "syn_flood", "return_path_loss",
                                           "syn_cookies", "deferred_accept"}));
}

}  // namespace
}  // namespace connwatch
