#include "bpf/kernel_walk_source.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "bpf/identity_seed.h"
#include "bpf/kernel_walk_dump.h"
#include "bpf/program_loading.h"

namespace connwatch {

namespace {

constexpr unsigned kPortBits = 16;
constexpr std::uint32_t kPortMask = 0xffff;

NamespaceFacts FactsFrom(const walk_namespace& from, const CounterPlaces& counters) {
  NamespaceFacts facts;
  facts.cookie = from.net_cookie;
  facts.inode = from.inode;
  facts.syn_linear_timeouts = from.syn_linear_timeouts;
  for (std::size_t i = 0; i < kWalkCounters.size(); ++i) {
    if (!counters.places.at(i).is_known) continue;
    facts.counters[kWalkCounters.at(i)] = from.counters[i];
  }
  const auto low = static_cast<std::uint16_t>(from.ephemeral_ports & kPortMask);
  const auto high = static_cast<std::uint16_t>(from.ephemeral_ports >> kPortBits);
  if (low != 0 && low <= high) facts.ephemeral_ports = PortRange{low, high};
  return facts;
}

}  // namespace

Result<std::unique_ptr<KernelWalkSource>> KernelWalkSource::Create(
    std::unique_ptr<WalkProgram> program, std::uint64_t tcp_keepalive_time_s,
    CookieGiver& cookies) {
  auto source =
      std::unique_ptr<KernelWalkSource>(new KernelWalkSource(std::move(program), cookies));
  auto seed = IdentitySeed();
  if (!seed) return std::move(seed).error();
  source->context_.identity_seed = *seed;
  if (auto learned = source->LearnClock(tcp_keepalive_time_s); !learned) {
    return std::move(learned).error();
  }
  // The first walk costs several times what later ones do: its memory is mapped, and all listeners
  // need cookies. It is made here, because intervals follow from what polls cost.
  auto listeners = source->Open({.states = {TcpState::kListen}});
  if (!listeners) return std::move(listeners).error();
  for (bool has_more = true; has_more;) {
    auto walked = (*listeners)->ReadBatch();
    if (!walked) return std::move(walked).error();
    has_more = walked->progress != DumpProgress::kDone;
  }
  // Opens what it needs, so that nothing can be missing later.
  if (auto given = cookies.GiveTo({}); !given) return std::move(given).error();
  return source;
}

Result<void> KernelWalkSource::LearnClock(std::uint64_t tcp_keepalive_time_s) {
  auto namespaces = ListNamespaces();
  if (!namespaces) return std::move(namespaces).error();
  if (namespaces->empty() || namespaces->front().is_own == 0) {
    return Error{0, "the walk does not find the network namespace of the process"};
  }
  const walk_namespace& own = namespaces->front();
  context_.own_net_cookie = own.net_cookie;
  FindTables(*namespaces);
  auto ticks = TicksPerSecond(own.keepalive_ticks, tcp_keepalive_time_s);
  if (!ticks) return std::move(ticks).error();
  context_.ticks_per_second = *ticks;
  return {};
}

// If the namespace after which the list goes on is gone, the list is begun again. Each run looks
// for that namespace from the begin, so a list without a limit could hold up everything else.
Result<std::vector<walk_namespace>> KernelWalkSource::ListNamespaces() {
  constexpr int kAttempts = 10;
  std::vector<walk_namespace> listed;
  for (int attempt = 0; attempt < kAttempts;) {
    auto report = program_->ListNamespaces(listed.empty() ? 0 : listed.back().net_cookie);
    if (!report) return std::move(report).error();
    Count(*report);
    const auto found = program_->namespaces(*report);
    listed.insert(listed.end(), found.begin(), found.end());
    if (report->is_complete != 0) return listed;
    if (listed.size() > kMaxListedNamespaces) {
      return Error{
          0, "there are more than " + std::to_string(kMaxListedNamespaces) + " network namespaces"};
    }
    if (report->is_found == 0 || found.empty()) {
      listed.clear();
      ++attempt;
    }
  }
  return Error{0, "list the network namespaces: they end faster than they are listed"};
}

Result<std::vector<NamespaceFacts>> KernelWalkSource::ReadNamespaces() {
  auto namespaces = ListNamespaces();
  if (!namespaces) return std::move(namespaces).error();
  FindTables(*namespaces);
  std::vector<NamespaceFacts> facts;
  facts.reserve(namespaces->size());
  for (const walk_namespace& each : *namespaces) {
    if (each.is_own == 0) facts.push_back(FactsFrom(each, program_->counters()));
  }
  return facts;
}

// The host's first namespace has the table that is shared, and never ends.
void KernelWalkSource::FindTables(std::span<const walk_namespace> namespaces) {
  tables_ = {Table::kShared};
  for (const walk_namespace& each : namespaces) {
    if (each.has_own_table != 0) tables_.push_back(Table{each.net_cookie});
  }
}

Result<std::unique_ptr<SocketDump>> KernelWalkSource::Open(const DumpQuery& query) {
  if (query.details) return Error::FromErrno(EINVAL, "walk the sockets with details");
  const int ready_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  if (ready_fd < 0) return Error::FromErrno(errno, "make an event");
  return std::unique_ptr<SocketDump>(std::make_unique<KernelWalkDump>(*this, query, ready_fd));
}

void KernelWalkSource::Count(const walk_report& run) {
  ++stats_.runs;
  stats_.longest_run = std::max(stats_.longest_run, std::chrono::nanoseconds(run.duration_ns));
}

KernelWalkSource::Progress KernelWalkSource::Take(const walk_report& report, const DumpQuery& query,
                                                  ParsedWalk& parsed) {
  constexpr std::uint32_t kLongRun = WALK_VISITS / 8;
  context_.query = query;
  ParseWalk(program_->records(report), context_, parsed);
  Count(report);
  stats_.restarted_buckets += report.restarts;
  stats_.overrun_buckets += report.overruns;
  stats_.faulted_records += report.faulted + std::exchange(parsed.malformed, 0);
  return {report.next, report.buckets, report.visits >= kLongRun};
}

Result<KernelWalkSource::Progress> KernelWalkSource::ReadListeners(const DumpQuery& query,
                                                                   std::uint32_t bucket,
                                                                   ParsedWalk& parsed) {
  auto report = program_->WalkListeners(bucket);
  if (!report) return std::move(report).error();
  return Take(*report, query, parsed);
}

Result<KernelWalkSource::Progress> KernelWalkSource::ReadConnections(const DumpQuery& query,
                                                                     Table table,
                                                                     std::uint32_t bucket,
                                                                     ParsedWalk& parsed) {
  auto report =
      program_->WalkConnections(static_cast<std::uint64_t>(table), query.states.bits(), bucket);
  if (!report) return std::move(report).error();
  if (report->buckets == 0 && table == Table::kShared) {
    return Error{0, "the table of sockets that network namespaces share was not found"};
  }
  const Progress progress = Take(*report, query, parsed);
  if (auto given = GiveCookies(parsed); !given) return std::move(given).error();
  return progress;
}

Result<void> KernelWalkSource::GiveCookiesToListeners(std::size_t missing) {
  auto given = cookies_.GiveToListeners();
  if (given) stats_.cookies_given += missing;
  return given;
}

// A socket that is gone by now is left out: its destroy event tells of it by its cookie.
Result<void> KernelWalkSource::GiveCookies(ParsedWalk& parsed) {
  if (parsed.without_cookie.empty()) return {};
  asked_.clear();
  for (const std::size_t index : parsed.without_cookie) asked_.push_back(parsed.records[index]);
  auto cookies = cookies_.GiveTo(asked_);
  if (!cookies) return std::move(cookies).error();
  ParsedWalk::Records& records = parsed.records;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const auto& cookie = cookies->at(i);
    records[parsed.without_cookie[i]].cookie = cookie.value_or(0);
    if (cookie) ++stats_.cookies_given;
  }
  std::erase_if(records, [](const SocketRecord& record) { return record.cookie == 0; });
  return {};
}

}  // namespace connwatch
