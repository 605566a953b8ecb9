#include "bpf/walk_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "bpf/program_loading.h"

// What the generated header calls the types of the program's memory.
using u32 = walk_u32;
using u64 = walk_u64;
#include "socket_walk.skel.h"

namespace connwatch {

struct WalkProgram::Skeleton {
  Skeleton() : opened(socket_walk__open()) {}
  ~Skeleton() { socket_walk__destroy(opened); }
  Skeleton(const Skeleton&) = delete;
  Skeleton& operator=(const Skeleton&) = delete;

  socket_walk* opened;  // nullptr: it could not be opened
};

WalkProgram::WalkProgram(std::unique_ptr<Skeleton> skeleton) : skeleton_(std::move(skeleton)) {}
WalkProgram::~WalkProgram() = default;

Result<std::unique_ptr<WalkProgram>> WalkProgram::Load() {
  if (auto begun = BeginLoading(); !begun) return std::move(begun).error();
  auto skeleton = std::make_unique<Skeleton>();
  if (skeleton->opened == nullptr) return LoadingFailed(errno);
  const KernelTypes types = LoadKernelTypes();
  if (!types) return LoadingFailed(errno);

  auto program = std::unique_ptr<WalkProgram>(new WalkProgram(std::move(skeleton)));
  program->counters_ = FindCounters(*types);
  socket_walk& opened = *program->skeleton_->opened;
  auto& settings = *opened.rodata;
  settings.cpus = static_cast<std::uint32_t>(std::max(libbpf_num_possible_cpus(), 1));
  settings.has_direct_reads = HasDirectReads(*types);
  for (std::size_t i = 0; i < WALK_COUNTERS; ++i) {
    const CounterPlaces::Place& place = program->counters_.places.at(i);
    settings.counter_index[i] = place.index;
    if (place.is_of_tcp) settings.counters_of_tcp |= 1U << i;
  }
  if (const int code = socket_walk__load(&opened); code != 0) return LoadingFailed(-code);
  return program;
}

Result<walk_report> WalkProgram::Run(int program, std::span<std::uint64_t> arguments) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = arguments.data();
  options.ctx_size_in = static_cast<std::uint32_t>(arguments.size_bytes());
  if (const int code = bpf_prog_test_run_opts(program, &options); code != 0) {
    return Error::FromErrno(-code, "run the walk");
  }
  return skeleton_->opened->bss->report;
}

Result<walk_report> WalkProgram::WalkListeners(std::uint32_t bucket) {
  std::array<std::uint64_t, WALK_ARGUMENTS> arguments{};
  arguments[WALK_ARG_BUCKET] = bucket;
  return Run(bpf_program__fd(skeleton_->opened->progs.walk_listeners), arguments);
}

Result<walk_report> WalkProgram::WalkConnections(std::uint64_t net_cookie, std::uint32_t states,
                                                 std::uint32_t bucket) {
  std::array<std::uint64_t, WALK_ARGUMENTS> arguments{};
  arguments[WALK_ARG_BUCKET] = bucket;
  arguments[WALK_ARG_NET_COOKIE] = net_cookie;
  arguments[WALK_ARG_STATES] = states;
  return Run(bpf_program__fd(skeleton_->opened->progs.walk_connections), arguments);
}

Result<walk_report> WalkProgram::ListNamespaces(std::uint64_t after) {
  std::array<std::uint64_t, WALK_ARGUMENTS> arguments{};
  arguments[WALK_ARG_NET_COOKIE] = after;
  return Run(bpf_program__fd(skeleton_->opened->progs.list_namespaces), arguments);
}

std::span<const std::byte> WalkProgram::records(const walk_report& report) const {
  const std::size_t count = std::min<std::size_t>(report.records, WALK_RECORDS);
  return std::as_bytes(std::span<const walk_record>(skeleton_->opened->bss->records).first(count));
}

std::span<const walk_namespace> WalkProgram::namespaces(const walk_report& report) const {
  const std::size_t count = std::min<std::size_t>(report.records, WALK_LISTED);
  return std::span<const walk_namespace>(skeleton_->opened->bss->namespaces).first(count);
}

}  // namespace connwatch
