#include "bpf/trace_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "bpf/program_loading.h"

// What the generated header calls the types of the program's memory.
using u32 = walk_u32;
using u64 = walk_u64;
#include "connection_trace.skel.h"

namespace connwatch {

namespace {

constexpr std::size_t kBatch = 256;

bpf_map* FullTable(const connection_trace& opened, unsigned table) {
  return table == 0 ? opened.maps.full_0 : opened.maps.full_1;
}
bpf_map* ShortTable(const connection_trace& opened, unsigned table) {
  return table == 0 ? opened.maps.short_0 : opened.maps.short_1;
}

}  // namespace

struct TraceProgram::Skeleton {
  Skeleton() : opened(connection_trace__open()) {}
  ~Skeleton() { connection_trace__destroy(opened); }
  Skeleton(const Skeleton&) = delete;
  Skeleton& operator=(const Skeleton&) = delete;

  connection_trace* opened;  // nullptr: it could not be opened
};

// libbpf calls back for each record, with what was passed when the reader was made.
struct TraceProgram::EndReader {
  EndReader() = default;
  ~EndReader() { ring_buffer__free(ring); }
  EndReader(const EndReader&) = delete;
  EndReader& operator=(const EndReader&) = delete;

  static int OnRecord(void* self, void* data, std::size_t size) {
    auto& reader = *static_cast<EndReader*>(self);
    if (size >= sizeof(trace_end)) (*reader.take)(*static_cast<const trace_end*>(data));
    return --reader.left == 0 ? -ENOBUFS : 0;  // an error stops libbpf behind this record
  }

  ring_buffer* ring = nullptr;
  const std::function<void(const trace_end&)>* take = nullptr;
  std::size_t left = 0;
};

TraceProgram::TraceProgram(std::unique_ptr<Skeleton> skeleton)
    : skeleton_(std::move(skeleton)), keys_(kBatch), counts_(kBatch) {}
TraceProgram::~TraceProgram() = default;

namespace {

void Apply(const TraceSettings& settings, bool has_direct_reads, connection_trace& opened) {
  opened.rodata->has_direct_reads = has_direct_reads;
  opened.rodata->excludes_loopback = settings.excludes_loopback;
  std::ranges::fill(opened.rodata->trace_bounds, std::numeric_limits<u64>::max());
  std::ranges::copy(settings.bounds_ns, std::begin(opened.rodata->trace_bounds));
  bpf_map__set_max_entries(opened.maps.ends, static_cast<u32>(settings.end_bytes));
}

}  // namespace

// Not every kernel can trace the return of a function, and some say so only when it is loaded. Then
// the same programs are loaded without that.
Result<std::unique_ptr<TraceProgram>> TraceProgram::Load(const TraceSettings& settings) {
  if (auto begun = BeginLoading(); !begun) return std::move(begun).error();
  const KernelTypes types = LoadKernelTypes();
  if (!types) return LoadingFailed(errno);
  int code = 0;
  for (const bool traces_returns : {true, false}) {
    auto skeleton = std::make_unique<Skeleton>();
    if (skeleton->opened == nullptr) return LoadingFailed(errno);
    connection_trace& opened = *skeleton->opened;
    Apply(settings, HasDirectReads(*types), opened);
    bpf_program__set_autoload(opened.progs.on_connect_v4, traces_returns);
    bpf_program__set_autoload(opened.progs.on_connect_v6, traces_returns);
    code = connection_trace__load(&opened);
    if (code != 0) continue;
    auto program = std::unique_ptr<TraceProgram>(new TraceProgram(std::move(skeleton)));
    if (auto read = program->ReadOwn(); !read) return std::move(read).error();
    if (auto attached = program->Attach(); !attached) return std::move(attached).error();
    return program;
  }
  return LoadingFailed(-code);
}

Result<void> TraceProgram::Attach() {
  connection_trace& opened = *skeleton_->opened;
  reader_ = std::make_unique<EndReader>();
  reader_->ring = ring_buffer__new(ends_fd(), EndReader::OnRecord, reader_.get(), nullptr);
  if (reader_->ring == nullptr) return LoadingFailed(errno);
  const auto attach = [](bpf_program* program, bpf_link*& link) {
    if (bpf_program__fd(program) < 0) return false;
    link = bpf_program__attach(program);
    return link != nullptr;
  };
  const bool sees_v4 = attach(opened.progs.on_connect_v4, opened.links.on_connect_v4);
  const bool sees_v6 = attach(opened.progs.on_connect_v6, opened.links.on_connect_v6);
  opened.bss->sees_connect_fail = sees_v4 && sees_v6;
  const bool is_attached = attach(opened.progs.on_change, opened.links.on_change) &&
                           attach(opened.progs.on_change_again, opened.links.on_change_again);
  if (!is_attached) return LoadingFailed(errno);
  return {};
}

Result<void> TraceProgram::ReadOwn() {
  std::array<std::uint64_t, 1> arguments{};
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.ctx_in = arguments.data();
  options.ctx_size_in = sizeof(arguments);
  const int program = bpf_program__fd(skeleton_->opened->progs.read_own);
  const int code = bpf_prog_test_run_opts(program, &options);
  if (code != 0) return Error::FromErrno(-code, "read the network namespace of the process");
  return {};
}

bool TraceProgram::sees_connect_fail() const {
  return skeleton_->opened->bss->sees_connect_fail != 0;
}
std::uint64_t TraceProgram::own_net_cookie() const {
  return skeleton_->opened->bss->own_net_cookie;
}
std::uint32_t TraceProgram::own_keepalive_ticks() const {
  return skeleton_->opened->bss->own_keepalive_ticks;
}
std::uint64_t TraceProgram::stack_bytes() const { return skeleton_->opened->bss->stack_bytes; }
void TraceProgram::UseDetail(std::uint32_t bits) { skeleton_->opened->bss->detail = bits; }
const trace_losses& TraceProgram::losses() const { return skeleton_->opened->bss->losses; }
void TraceProgram::WantEnds(bool wants) { skeleton_->opened->bss->wants_ends = wants; }
int TraceProgram::ends_fd() const { return bpf_map__fd(skeleton_->opened->maps.ends); }

void TraceProgram::SwapTables() { skeleton_->opened->bss->table_in_use ^= 1U; }

Result<void> TraceProgram::Empty(const TakeCounts& take, const TakeCoarse& take_coarse) {
  connection_trace& opened = *skeleton_->opened;
  const unsigned table = opened.bss->table_in_use ^ 1U;
  auto emptied = EmptyMap(bpf_map__fd(FullTable(opened, table)), /*has_addresses=*/true, take);
  if (!emptied) return emptied;
  emptied = EmptyMap(bpf_map__fd(ShortTable(opened, table)), /*has_addresses=*/false, take);
  if (!emptied) return emptied;
  for (unsigned direction = 0; direction < TRACE_DIRECTIONS; ++direction) {
    for (unsigned outcome = 0; outcome < TRACE_OUTCOMES; ++outcome) {
      const u64 count = std::exchange(opened.bss->coarse[table][direction][outcome], 0);
      if (count == 0) continue;
      take_coarse(static_cast<trace_direction>(direction), static_cast<trace_outcome>(outcome),
                  count);
    }
  }
  return {};
}

Result<void> TraceProgram::EmptyMap(int map, bool has_addresses, const TakeCounts& take) {
  std::uint32_t position = 0;
  for (bool is_first = true;; is_first = false) {
    auto count = static_cast<std::uint32_t>(kBatch);
    const int code = bpf_map_lookup_and_delete_batch(map, is_first ? nullptr : &position, &position,
                                                     keys_.data(), counts_.data(), &count, nullptr);
    const bool is_last = code == -ENOENT;
    if (code != 0 && !is_last) return Error::FromErrno(-code, "read the counts of handshakes");
    for (std::size_t i = 0; i < count; ++i) take(keys_[i], counts_[i], has_addresses);
    if (is_last) return {};
  }
}

Result<bool> TraceProgram::ReadEnds(std::size_t most,
                                    const std::function<void(const trace_end&)>& take) {
  reader_->take = &take;
  reader_->left = most;
  const int code = ring_buffer__consume(reader_->ring);
  if (code == -ENOBUFS) return true;
  if (code < 0) return Error::FromErrno(-code, "read the ends of connections");
  return false;
}

}  // namespace connwatch
