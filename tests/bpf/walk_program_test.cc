// Against the real kernel. Needs CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
#include "bpf/walk_program.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

#include "core/base/tcp_state.h"
#include "tests/support/live_test.h"
#include "tests/support/tcp_pair.h"

namespace connwatch {
namespace {

// The verifier refuses a program that it cannot judge within a million instructions.
constexpr std::uint32_t kFarFromTheLimit = 100'000;

// The programs that were loaded after this was made.
class NewPrograms {
 public:
  NewPrograms() {
    while (bpf_prog_get_next_id(latest_, &latest_) == 0) {
    }
  }

  /// How many instructions the verifier went through, by the program's name, of which the kernel
  /// keeps 15 characters.
  std::map<std::string, std::uint32_t> Verified() const {
    std::map<std::string, std::uint32_t> verified;
    for (std::uint32_t id = latest_; bpf_prog_get_next_id(id, &id) == 0;) {
      const int fd = bpf_prog_get_fd_by_id(id);
      bpf_prog_info info{};
      std::uint32_t size = sizeof(info);
      if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) verified[info.name] = info.verified_insns;
      close(fd);
    }
    return verified;
  }

 private:
  std::uint32_t latest_ = 0;
};

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
}  // namespace connwatch
