#include "daemon/process/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <thread>

namespace connwatch::capabilities_test {
namespace {

using testing::IsSupersetOf;
using Fields = std::map<std::string, std::string>;

// What the kernel says of the calling thread: {"CapEff": "0000000000000000", ...}.
Fields StatusOfThread() {
  std::ifstream file("/proc/thread-self/status");
  Fields fields;
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(":\t");
    if (colon != std::string::npos) fields[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return fields;
}

// On a thread of its own, because nothing gives back what a thread has dropped.
template <typename Action>
void OnOwnThread(Action action) {
  std::thread(action).join();
}

const Fields kNothing = {{"CapInh", "0000000000000000"},
                         {"CapPrm", "0000000000000000"},
                         {"CapEff", "0000000000000000"},
                         {"CapAmb", "0000000000000000"},
                         {"NoNewPrivs", "1"}};

TEST(CapabilitiesTest, NothingIsLeftAndThreadsInheritThat) {
  OnOwnThread([] {
    const Result<void> dropped = DropCapabilities();
    ASSERT_TRUE(dropped) << dropped.error().context;
    EXPECT_THAT(StatusOfThread(), IsSupersetOf(kNothing));
    OnOwnThread([] { EXPECT_THAT(StatusOfThread(), IsSupersetOf(kNothing)); });
  });
}

TEST(CapabilitiesTest, CanBeDroppedAgain) {
  OnOwnThread([] {
    EXPECT_TRUE(DropCapabilities());
    EXPECT_TRUE(DropCapabilities());
  });
}

// Gives the thread the capability as an ambient one, as systemd does with AmbientCapabilities=.
bool RaiseAmbient(unsigned capability) {
  __user_cap_header_struct thread{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &thread, sets.data()) != 0) return false;
  sets.front().inheritable |= 1U << capability;
  return syscall(SYS_capset, &thread, sets.data()) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0;
}

TEST(CapabilitiesTest, AmbientOnesGoAsWell) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to have a capability";
  OnOwnThread([] {
    ASSERT_TRUE(RaiseAmbient(CAP_NET_BIND_SERVICE));
    ASSERT_NE(StatusOfThread().at("CapAmb"), kNothing.at("CapAmb"));
    EXPECT_TRUE(DropCapabilities());
    EXPECT_THAT(StatusOfThread(), IsSupersetOf(kNothing));
  });
}

}  // namespace
}  // namespace connwatch::capabilities_test
