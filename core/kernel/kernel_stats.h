// What the kernel says about TCP as a whole: MIB counters, socket totals and limits. Plain values;
// procfs/ reads them. A value that this kernel does not have is absent, never 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/port_range.h"
#include "core/kernel/conntrack_stats.h"

namespace connwatch {

enum class KernelCounterId : std::uint8_t {
  kActiveOpens,
  kPassiveOpens,
  kAttemptFails,
  kEstabResets,
  kInSegs,
  kOutSegs,
  kRetransSegs,
  kInErrs,
  kOutRsts,
  kListenOverflows,
  kListenDrops,
  kSyncookiesSent,
  kSyncookiesRecv,
  kSyncookiesFailed,
  kReqQFullDoCookies,
  kReqQFullDrop,
  kSynRetrans,
  kTimeouts,
  kAbortOnTimeout,
  kAbortOnMemory,
  kBacklogDrop,
  kRcvQDrop,
  kTimeWaitOverflow,
  kDeferAcceptDrop,
  kOutNoRoutes,
};

/// Where the kernel shows a counter, and what it is called on the page:
/// "connwatch_kernel_" + name + "_total".
struct KernelCounterSource {
  KernelCounterId id;
  std::string_view group;   // what the line begins with, without the colon
  std::string_view column;  // the kernel's name
  std::string_view name;
};

/// All counters, in the order of their ids.
// kernel: net/ipv4/proc.c, snmp4_tcp_list and snmp4_ipstats_list (/proc/net/snmp),
// snmp4_net_list (/proc/net/netstat).
inline constexpr std::array kKernelCounterSources = std::to_array<KernelCounterSource>({
    {KernelCounterId::kActiveOpens, "Tcp", "ActiveOpens", "tcp_active_opens"},
    {KernelCounterId::kPassiveOpens, "Tcp", "PassiveOpens", "tcp_passive_opens"},
    {KernelCounterId::kAttemptFails, "Tcp", "AttemptFails", "tcp_attempt_fails"},
    {KernelCounterId::kEstabResets, "Tcp", "EstabResets", "tcp_estab_resets"},
    {KernelCounterId::kInSegs, "Tcp", "InSegs", "tcp_in_segs"},
    {KernelCounterId::kOutSegs, "Tcp", "OutSegs", "tcp_out_segs"},
    {KernelCounterId::kRetransSegs, "Tcp", "RetransSegs", "tcp_retrans_segs"},
    {KernelCounterId::kInErrs, "Tcp", "InErrs", "tcp_in_errs"},
    {KernelCounterId::kOutRsts, "Tcp", "OutRsts", "tcp_out_rsts"},
    {KernelCounterId::kListenOverflows, "TcpExt", "ListenOverflows", "tcp_listen_overflows"},
    {KernelCounterId::kListenDrops, "TcpExt", "ListenDrops", "tcp_listen_drops"},
    {KernelCounterId::kSyncookiesSent, "TcpExt", "SyncookiesSent", "tcp_syncookies_sent"},
    {KernelCounterId::kSyncookiesRecv, "TcpExt", "SyncookiesRecv", "tcp_syncookies_recv"},
    {KernelCounterId::kSyncookiesFailed, "TcpExt", "SyncookiesFailed", "tcp_syncookies_failed"},
    {KernelCounterId::kReqQFullDoCookies, "TcpExt", "TCPReqQFullDoCookies",
     "tcp_req_q_full_do_cookies"},
    {KernelCounterId::kReqQFullDrop, "TcpExt", "TCPReqQFullDrop", "tcp_req_q_full_drop"},
    {KernelCounterId::kSynRetrans, "TcpExt", "TCPSynRetrans", "tcp_syn_retrans"},
    {KernelCounterId::kTimeouts, "TcpExt", "TCPTimeouts", "tcp_timeouts"},
    {KernelCounterId::kAbortOnTimeout, "TcpExt", "TCPAbortOnTimeout", "tcp_abort_on_timeout"},
    {KernelCounterId::kAbortOnMemory, "TcpExt", "TCPAbortOnMemory", "tcp_abort_on_memory"},
    {KernelCounterId::kBacklogDrop, "TcpExt", "TCPBacklogDrop", "tcp_backlog_drop"},
    {KernelCounterId::kRcvQDrop, "TcpExt", "TCPRcvQDrop", "tcp_rcv_q_drop"},
    {KernelCounterId::kTimeWaitOverflow, "TcpExt", "TCPTimeWaitOverflow", "tcp_time_wait_overflow"},
    {KernelCounterId::kDeferAcceptDrop, "TcpExt", "TCPDeferAcceptDrop", "tcp_defer_accept_drop"},
    {KernelCounterId::kOutNoRoutes, "Ip", "OutNoRoutes", "ip_out_no_routes"},
});

inline constexpr std::size_t kKernelCounterCount = kKernelCounterSources.size();

static_assert([] {
  for (std::size_t i = 0; i < kKernelCounterCount; ++i) {
    if (static_cast<std::size_t>(kKernelCounterSources[i].id) != i) return false;
  }
  return true;
}());

/// One reading of the counters of this network namespace, indexed as kKernelCounterSources is.
struct KernelCounters {
  std::array<std::optional<std::uint64_t>, kKernelCounterCount> values;

  std::optional<std::uint64_t>& operator[](KernelCounterId id) {
    return values[static_cast<std::size_t>(id)];
  }
  const std::optional<std::uint64_t>& operator[](KernelCounterId id) const {
    return values[static_cast<std::size_t>(id)];
  }

  bool operator==(const KernelCounters&) const = default;
};

/// The kernel's own count of TCP sockets.
// kernel: sockstat_seq_show(), sockstat6_seq_show(). "In use" includes LISTEN sockets, but not
// TIME-WAIT and request sockets. The IPv6 count includes v4-mapped sockets.
struct SocketStats {
  std::optional<std::uint64_t> tcp_in_use;   // this network namespace, IPv4
  std::optional<std::uint64_t> tcp6_in_use;  // this network namespace; absent without IPv6
  std::optional<std::uint64_t> orphans;      // whole host
  // This network namespace, both families, with FIN-WAIT-2 sockets that no process holds any more.
  // kernel: inet_twsk_alloc() compares this number (tw_refcount) with tcp_max_tw_buckets.
  std::optional<std::uint64_t> time_wait;
  std::optional<std::uint64_t> allocated;     // whole host, both families
  std::optional<std::uint64_t> memory_pages;  // whole host, both families

  bool operator==(const SocketStats&) const = default;
};

/// Settings of the kernel (ip-sysctl) that the numbers above are judged against.
struct KernelLimits {
  std::optional<std::uint64_t> time_wait_limit;            // tcp_max_tw_buckets
  std::optional<std::uint64_t> orphan_limit;               // tcp_max_orphans
  std::optional<std::uint64_t> memory_pages_pressure;      // tcp_mem, second number
  std::optional<std::uint64_t> memory_pages_limit;         // tcp_mem, third number
  std::optional<std::uint64_t> page_bytes;                 // of the pages above
  std::optional<PortRange> ephemeral_ports;                // ip_local_port_range
  std::vector<PortRange> reserved_ports;                   // ip_local_reserved_ports
  std::optional<std::uint64_t> ephemeral_ports_available;  // without ip_local_reserved_ports
  std::optional<std::uint64_t> syn_linear_timeouts;  // tcp_syn_linear_timeouts, since Linux 6.5

  bool operator==(const KernelLimits&) const = default;
};

/// All of it, read at one moment. What could not be read is absent.
struct KernelStats {
  std::optional<KernelCounters> counters;
  std::optional<SocketStats> sockets;
  std::optional<KernelLimits> limits;
  ConntrackStats conntrack;
};

}  // namespace connwatch
