#include "daemon/process/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace connwatch {

namespace {

// The sets of a thread: 64 capabilities, 32 in each element.
using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

// Version 3 of the interface, for the calling thread.
__user_cap_header_struct CallingThread() { return {_LINUX_CAPABILITY_VERSION_3, 0}; }

Result<CapabilitySets> ReadSets() {
  CapabilitySets sets{};
  auto thread = CallingThread();
  // libc has no function for it.
  if (syscall(SYS_capget, &thread, sets.data()) != 0) return Error::FromErrno(errno, "capget");
  return sets;
}

bool AreEmpty(const CapabilitySets& sets) {
  return std::ranges::all_of(sets, [](const __user_cap_data_struct& part) {
    return (part.effective | part.permitted | part.inheritable) == 0;
  });
}

}  // namespace

// kernel: cap_capset() takes from the ambient set what is not both permitted and inheritable.
Result<void> DropCapabilities() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Error::FromErrno(errno, "prctl(PR_SET_NO_NEW_PRIVS)");
  }
  const auto sets = ReadSets();
  if (!sets) return sets.error();
  if (AreEmpty(*sets)) return {};
  const CapabilitySets none{};
  auto thread = CallingThread();
  if (syscall(SYS_capset, &thread, none.data()) != 0) return Error::FromErrno(errno, "capset");
  return {};
}

}  // namespace connwatch
