// Stands in for the walk and the tracing in a binary that is built without them.
#include "bpf/connection_tracing.h"
#include "bpf/kernel_walk.h"

namespace connwatch {

bool IsKernelWalkBuilt() { return false; }

Result<std::unique_ptr<SocketWalk>> OpenKernelWalk(std::uint64_t /*tcp_keepalive_time_s*/,
                                                   CookieGiver& /*cookies*/) {
  return Error{0, "this binary was built without it; building it needs clang, bpftool and libbpf"};
}

Result<std::unique_ptr<ConnectionTracing>> OpenConnectionTracing(
    const TracingOptions& /*options*/) {
  return Error{0, "this binary was built without it; building it needs clang, bpftool and libbpf"};
}

}  // namespace connwatch
