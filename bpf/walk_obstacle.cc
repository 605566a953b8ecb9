#include "bpf/walk_obstacle.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <system_error>

namespace connwatch {

namespace {

// Empty if the file cannot be read.
std::string ReadSmallFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t EffectiveCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return 0;
  constexpr unsigned kHalf = 32;
  return data[0].effective | std::uint64_t{data[1].effective} << kHalf;
}

bool HasCapability(unsigned number) { return (EffectiveCapabilities() >> number & 1U) != 0; }

// kernel: the initial user namespace maps every id to itself.
bool IsInUserNamespace() {
  const std::string map = ReadSmallFile("/proc/self/uid_map");
  return !map.empty() && map.find("4294967295") == std::string::npos;
}

bool IsLockedDown() {
  return ReadSmallFile("/sys/kernel/security/lockdown").find("[confidentiality]") !=
         std::string::npos;
}

// The last line that says anything.
std::string LastLine(const std::string& log) {
  const std::size_t end = log.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = log.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return log.substr(begin, end - begin + 1);
}

}  // namespace

std::optional<Error> FindObstacle() {
  if (IsInUserNamespace()) {
    return Error{EPERM,
                 "the process runs in a user namespace, and there the kernel allows no BPF program "
                 "that reads its memory; run connwatchd outside of it"};
  }
  // CAP_SYS_ADMIN stands for both.
  const bool has_both = HasCapability(CAP_BPF) && HasCapability(CAP_PERFMON);
  if (!has_both && !HasCapability(CAP_SYS_ADMIN)) {
    return Error{EPERM,
                 "the capabilities CAP_BPF and CAP_PERFMON are missing; the package connwatch-bpf "
                 "gives them to the service"};
  }
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return Error{ENOENT,
                 "the kernel does not show its types in /sys/kernel/btf/vmlinux; it must be built "
                 "with CONFIG_DEBUG_INFO_BTF, and /sys must be mounted"};
  }
  if (IsLockedDown()) {
    return Error{
        EACCES,
        "the kernel is locked down for confidentiality (/sys/kernel/security/lockdown), so "
        "BPF programs may not read its memory"};
  }
  return std::nullopt;
}

std::string ExplainRefusal(int code, const std::string& log) {
  if (code == EPERM || code == EACCES) {
    return "bpf(2) was refused although the capabilities are there; a filter of system calls does "
           "that (systemd: SystemCallFilter=bpf, containers: a seccomp profile)";
  }
  if (code == ENOSYS) return "the kernel has no bpf(2)";
  return "the kernel refuses the program, it may be too old (Linux 6.1 is known to take it): " +
         std::generic_category().message(code) + "; " + LastLine(log);
}

}  // namespace connwatch
