#include "bpf/kernel_walk.h"

#include <utility>

#include "bpf/kernel_walk_source.h"

namespace connwatch {

bool IsKernelWalkBuilt() { return true; }

Result<std::unique_ptr<SocketWalk>> OpenKernelWalk(std::uint64_t tcp_keepalive_time_s,
                                                   CookieGiver& cookies) {
  auto program = WalkProgram::Load();
  if (!program) return std::move(program).error();
  auto source = KernelWalkSource::Create(std::move(program).value(), tcp_keepalive_time_s, cookies);
  if (!source) return std::move(source).error();
  return std::unique_ptr<SocketWalk>(std::move(source).value());
}

}  // namespace connwatch
