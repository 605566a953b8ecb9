#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "core/listeners/diagnose.h"

namespace connwatch::diagnosis_cause_test {
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

TEST(DiagnosisCauseTest, RatesOfAnotherNamespaceAreNotTheHosts) {
  ListenerStatus status;
  status.accept_queue.limit = 16;
  status.syn_queue = {.length = 17, .peak = 17, .retransmitting = 0};
  status.signs.settled = 9;
  status.signs.host = {.syn_cookies_per_second = 900, .defer_accept_drops_per_second = 3};
  EXPECT_EQ(Explain(DiagnosisCause::kSynCookies, status, RateScope::kNamespace),
            "the network namespace sends 900.0 SYN cookies/s: the SYN queue is at its limit (17 of "
            "16) and no longer shows how many handshakes are pending");
  EXPECT_EQ(Explain(DiagnosisCause::kDeferredAccept, status, RateScope::kNamespace),
            "9 of 17 handshakes completed and waiting for data (network namespace: 3.0 ACKs/s "
            "deferred): TCP_DEFER_ACCEPT, not an alarm");
}

}  // namespace
}  // namespace connwatch::diagnosis_cause_test
