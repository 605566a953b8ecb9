// The accept queues of several sockets that share an address: the fullest one decides.
#include <gtest/gtest.h>

#include "core/listeners/diagnose.h"
#include "tests/support/queues.h"

namespace connwatch::diagnosis_reuseport_test {
namespace {

bool IsFull(const AcceptQueue& queue, double drops_per_second = 0) {
  return Diagnose({.accept_queue = queue, .signs = {.drops_per_second = drops_per_second}}, {})
      .Has(DiagnosisCause::kAcceptQueueFull);
}

TEST(DiagnosisReuseportTest, OneFullSocketIsEnough) {
  EXPECT_TRUE(IsFull(FourQueues(21)));
  EXPECT_FALSE(IsFull(FourQueues(20))) << "at its limit it still works";
}

TEST(DiagnosisReuseportTest, ThePeakOfOneSocketCountsWhileThereAreDrops) {
  AcceptQueue queue = FourQueues(2);
  queue.peak_utilization = 1;
  EXPECT_TRUE(IsFull(queue, 1));
  EXPECT_FALSE(IsFull(queue));
  queue.peak_utilization = 0.99;
  queue.peak = 84;  // of the sum: all of them were nearly full
  EXPECT_FALSE(IsFull(queue, 1));
}

TEST(DiagnosisReuseportTest, TheImbalanceIsNamed) {
  EXPECT_EQ(Explain(DiagnosisCause::kAcceptQueueFull, {.accept_queue = FourQueues(21)}),
            "1 of 4 sockets is full (21 of 20), the other 3 hold 6; accept queue 27 (peak 0, limit "
            "80 over 4 sockets): the application accepts too slowly");
}

}  // namespace
}  // namespace connwatch::diagnosis_reuseport_test
