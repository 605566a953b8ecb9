// Against the real kernel. Needs CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
#include "bpf/walk_program.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/tcp_state.h"
#include "tests/bpf/new_programs.h"
#include "tests/support/live_test.h"
#include "tests/support/tcp_pair.h"

namespace connwatch::walk_program_test {
namespace {

TEST(WalkProgramTest, VerifiersNeedAFractionOfTheirLimit) {
  const NewPrograms programs;
  const auto program = WalkProgram::Load();
  if (!program) CONNWATCH_CANNOT_RUN(program.error().context);
  const auto verified = programs.Verified();
  for (const char* name : {"walk_connection", "walk_listeners", "list_namespaces"}) {
    ASSERT_TRUE(verified.contains(name)) << name;
    EXPECT_GT(verified.at(name), 0U) << name;
    EXPECT_LT(verified.at(name), kFarFromTheLimit) << name;
  }
}

TEST(WalkProgramTest, AListDoesNotGoOnAfterANamespaceThatIsGone) {
  constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  auto program = WalkProgram::Load();
  if (!program) CONNWATCH_CANNOT_RUN(program.error().context);
  const auto list = (*program)->ListNamespaces(kNobody);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->is_found, 0U);
  EXPECT_TRUE((*program)->namespaces(*list).empty());
}

// What the run before has written must not be taken for sockets of a namespace that is gone.
TEST(WalkProgramTest, ANamespaceThatIsGoneHasNoRecords) {
  constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  auto program = WalkProgram::Load();
  if (!program) CONNWATCH_CANNOT_RUN(program.error().context);
  const TcpPair pair;
  const auto list = (*program)->ListNamespaces(0);
  ASSERT_TRUE(list);
  ASSERT_GE(list->records, 1U);
  const std::uint64_t own = (*program)->namespaces(*list).front().net_cookie;
  std::uint32_t records = 0;
  walk_report report{};
  do {
    const auto run = (*program)->WalkConnections(own, TcpStateSet::All().bits(), report.next);
    ASSERT_TRUE(run);
    report = *run;
    records += report.records;
  } while (report.next < report.buckets);
  EXPECT_GE(records, 2U);
  const auto gone = (*program)->WalkConnections(kNobody, TcpStateSet::All().bits(), 0);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->buckets, 0U);
  EXPECT_EQ(gone->visits, 0U);
  EXPECT_TRUE((*program)->records(*gone).empty());
}

}  // namespace
}  // namespace connwatch::walk_program_test
