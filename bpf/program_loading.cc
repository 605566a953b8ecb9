#include "bpf/program_loading.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include "bpf/walk_obstacle.h"

namespace connwatch {

namespace {

// What libbpf says while a program is loaded. It has one place for this in the whole process.
std::string& LoadLog() {
  static std::string log;
  return log;
}

int KeepInLog(libbpf_print_level level, const char* format, va_list arguments) {
  constexpr std::size_t kMaxLog = 65'536;
  std::array<char, 1'024> line{};
  if (level == LIBBPF_DEBUG || LoadLog().size() > kMaxLog) return 0;
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  if (length > 0) LoadLog().append(line.data());
  return length;
}

}  // namespace

void FreeBtf::operator()(btf* types) const { btf__free(types); }

Result<void> BeginLoading() {
  if (auto obstacle = FindObstacle()) return *std::move(obstacle);
  LoadLog().clear();
  libbpf_set_print(KeepInLog);
  return {};
}

Error LoadingFailed(int code) { return {ECANCELED, ExplainRefusal(code, LoadLog())}; }

KernelTypes LoadKernelTypes() { return KernelTypes(btf__load_vmlinux_btf()); }

bool HasDirectReads(const btf& kernel_types) {
  return btf__find_by_name_kind(&kernel_types, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
}

Result<std::uint32_t> TicksPerSecond(std::uint64_t ticks, std::uint64_t seconds) {
  constexpr std::uint64_t kMaxTicks = 10'000;
  const std::uint64_t per_second = seconds == 0 ? 0 : ticks / seconds;
  if (per_second == 0 || per_second > kMaxTicks) {
    return Error{0,
                 "the length of a tick of the kernel's clock is not known: tcp_keepalive_time is " +
                     std::to_string(ticks) + " ticks and " + std::to_string(seconds) + " s"};
  }
  return static_cast<std::uint32_t>(per_second);
}

}  // namespace connwatch
