#include "bpf/connection_tracer.h"

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <numeric>
#include <span>
#include <vector>

#include "bpf/identity_seed.h"
#include "bpf/program_loading.h"
#include "core/handshakes/latency_counts.h"

namespace connwatch {

namespace {

static_assert(TRACE_OUTCOMES == kHandshakeOutcomeCount);
static_assert(TRACE_NO_ROUTE == static_cast<int>(HandshakeOutcome::kNoRoute));
static_assert(TRACE_OTHER == static_cast<int>(HandshakeOutcome::kOther));
static_assert(TRACE_INBOUND == static_cast<int>(Direction::kInbound));

constexpr std::size_t kMinEndBytes = std::size_t{4} << 10U;
constexpr std::size_t kMaxEndBytes = std::size_t{64} << 20U;

std::vector<std::uint64_t> BoundsInNanoseconds() {
  std::vector<std::uint64_t> bounds;
  for (const std::chrono::nanoseconds bound : LatencyBounds()) {
    bounds.push_back(static_cast<std::uint64_t>(bound.count()));
  }
  return bounds;
}

// Returns false if there cannot be such a key.
bool Fill(HandshakeBatch& batch, const trace_key& key) {
  const bool is_known_family = key.family == AF_INET || key.family == AF_INET6;
  if (!is_known_family || key.outcome >= TRACE_OUTCOMES || key.direction >= TRACE_DIRECTIONS) {
    return false;
  }
  if (key.cgroup_id != 0) batch.cgroup_id = key.cgroup_id;
  batch.direction = static_cast<Direction>(key.direction);
  batch.outcome = static_cast<HandshakeOutcome>(key.outcome);
  batch.local = {AddressFrom(key.family, key.local_address), key.local_port};
  batch.remote = {AddressFrom(key.family, key.remote_address), key.remote_port};
  return true;
}

// Reads the ends of connections as long as it lives.
class EndStream final : public DestroyEventStream {
 public:
  EndStream(TraceProgram& program, const WalkContext& context)
      : program_(program), context_(context), lost_(program.losses().ends_lost) {
    program_.WantEnds(true);
  }
  ~EndStream() override { program_.WantEnds(false); }
  EndStream(const EndStream&) = delete;
  EndStream& operator=(const EndStream&) = delete;

  Result<DestroyEventBatch> ReadBatch() override {
    constexpr std::size_t kMost = 256;
    parsed_.Clear();
    auto has_more = program_.ReadEnds(kMost, [this](const trace_end& end) { Parse(end); });
    if (!has_more) return std::move(has_more).error();
    const std::uint64_t lost = program_.losses().ends_lost;
    const bool is_overrun = std::exchange(lost_, lost) != lost;
    return DestroyEventBatch{parsed_.records, is_overrun, *has_more};
  }
  int fd() const override { return program_.ends_fd(); }
  // Each end costs a wake-up of its own if it is read at once.
  std::chrono::milliseconds gather() const override { return std::chrono::milliseconds(50); }

 private:
  void Parse(const trace_end& end) {
    const std::size_t before = parsed_.records.size();
    ParseWalk(std::as_bytes(std::span(&end.record, 1)), context_, parsed_);
    const auto last_state = TcpStateFromKernel(end.last_state);
    if (parsed_.records.size() == before || !last_state) return;
    parsed_.records.back().end = ConnectionEnd{*last_state, end.fin_received != 0};
  }

  TraceProgram& program_;
  const WalkContext& context_;
  ParsedWalk parsed_;
  std::uint64_t lost_;
};

}  // namespace

Result<std::unique_ptr<ConnectionTracer>> ConnectionTracer::Create(const TracingOptions& options) {
  auto seed = IdentitySeed();
  if (!seed) return std::move(seed).error();
  const auto bounds = BoundsInNanoseconds();
  auto program = TraceProgram::Load(
      {.bounds_ns = bounds,
       .excludes_loopback = options.exclude_loopback,
       .end_bytes = std::bit_ceil(std::clamp(options.end_bytes, kMinEndBytes, kMaxEndBytes))});
  if (!program) return std::move(program).error();
  auto tracer = std::unique_ptr<ConnectionTracer>(new ConnectionTracer(std::move(program).value()));
  auto ticks =
      TicksPerSecond(tracer->program_->own_keepalive_ticks(), options.tcp_keepalive_time_s);
  if (!ticks) return std::move(ticks).error();
  tracer->context_ = {.query = {.tcp_info = true},
                      .own_net_cookie = tracer->program_->own_net_cookie(),
                      .ticks_per_second = *ticks,
                      .identity_seed = *seed};
  return tracer;
}

Result<void> ConnectionTracer::Read(const std::function<void(const HandshakeBatch&)>& take) {
  const std::size_t buckets = LatencyBounds().size() + 1;
  std::uint64_t keys = 0;
  const auto take_counts = [&](const trace_key& key, const trace_counts& counts,
                               bool has_addresses) {
    HandshakeBatch batch;
    if (!Fill(batch, key)) return;
    ++keys;
    batch.net_cookie = key.net_cookie == context_.own_net_cookie ? 0 : key.net_cookie;
    batch.has_addresses = has_addresses;
    const auto buckets_of_key = std::span(counts.buckets).first(buckets);
    batch.count = std::accumulate(buckets_of_key.begin(), buckets_of_key.end(), counts.unmeasured);
    batch.syn_retransmissions = counts.retransmissions;
    batch.duration = std::chrono::nanoseconds(counts.duration_ns);
    batch.buckets = buckets_of_key;
    take(batch);
  };
  const auto take_coarse = [&](trace_direction direction, trace_outcome outcome,
                               std::uint64_t count) {
    HandshakeBatch batch{.direction = static_cast<Direction>(direction),
                         .outcome = static_cast<HandshakeOutcome>(outcome)};
    batch.has_addresses = batch.has_ports = false;
    batch.count = count;
    take(batch);
  };
  if (auto emptied = program_->Empty(take_counts, take_coarse); !emptied) {
    ++read_failures_;
    return emptied;
  }
  keys_ = keys;
  program_->SwapTables();
  return {};
}

void ConnectionTracer::Ask(const HandshakeDetail& detail) {
  std::uint32_t bits = 0;
  if (detail.inbound_remote_address) bits |= TRACE_INBOUND_REMOTE_ADDRESS;
  if (detail.inbound_remote_port) bits |= TRACE_INBOUND_REMOTE_PORT;
  if (detail.outbound_local_port) bits |= TRACE_OUTBOUND_LOCAL_PORT;
  if (detail.local_address) bits |= TRACE_LOCAL_ADDRESS;
  program_->UseDetail(bits);
}

TracingStatus ConnectionTracer::status() const {
  const trace_losses& losses = program_->losses();
  return {.is_in_use = true,
          .reason = {},
          .sees_no_route = program_->sees_connect_fail(),
          .stats = {.without_address = losses.without_address,
                    .without_port = losses.without_port,
                    .untimed = losses.untimed,
                    .ends_lost = losses.ends_lost,
                    .keys = keys_,
                    .read_failures = read_failures_}};
}

Result<std::unique_ptr<DestroyEventStream>> ConnectionTracer::Open(std::size_t /*buffer_bytes*/) {
  // What is left of an earlier stream is old.
  for (bool has_more = true; has_more;) {
    auto read = program_->ReadEnds(1'024, [](const trace_end&) {});
    if (!read) return std::move(read).error();
    has_more = *read;
  }
  return std::make_unique<EndStream>(*program_, context_);
}

Result<std::unique_ptr<ConnectionTracing>> OpenConnectionTracing(const TracingOptions& options) {
  auto tracer = ConnectionTracer::Create(options);
  if (!tracer) return std::move(tracer).error();
  return std::unique_ptr<ConnectionTracing>(std::move(tracer).value());
}

}  // namespace connwatch
