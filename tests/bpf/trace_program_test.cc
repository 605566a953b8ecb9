// Against the real kernel. Needs CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
#include "bpf/trace_program.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <regex>
#include <string>

#include "tests/support/live_test.h"

namespace connwatch::trace_program_test {
namespace {

// The size of the stack that the kernel gave to a task, if /proc tells it.
std::optional<std::uint64_t> StackOfSomeTask() {
  const std::regex stack(
      R"(^\S+ +(\d+) (?:kernel_clone|copy_process|fork_idle|dup_task_struct)\+)");
  std::ifstream areas("/proc/vmallocinfo");
  for (std::string line; std::getline(areas, line);) {
    std::smatch found;
    if (!std::regex_search(line, found, stack)) continue;
    const auto guard = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return std::stoull(found[1]) - guard;
  }
  return std::nullopt;
}

TEST(TraceProgramTest, KnowsHowLargeAStackIs) {
  const auto program = TraceProgram::Load({.bounds_ns = {}, .end_bytes = 4096});
  if (!program) CONNWATCH_CANNOT_RUN(program.error().context);
  const auto size = StackOfSomeTask();
  if (!size) CONNWATCH_CANNOT_RUN("/proc/vmallocinfo shows no stack of a task");
  EXPECT_EQ((*program)->stack_bytes(), *size);
}

}  // namespace
}  // namespace connwatch::trace_program_test
