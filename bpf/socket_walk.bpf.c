// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Walks the kernel's tables of TCP sockets, and its list of network namespaces. Runs inside the
// kernel, when the process asks for it (BPF_PROG_RUN), and writes what it finds into memory that
// the process sees (walk_layout.h). It is attached to nothing and changes nothing.
//
// The kernel may free and use again any socket while this looks at it; only the memory of sockets
// stays memory of sockets (SLAB_TYPESAFE_BY_RCU). So every address read from a socket may be wrong:
// reads that fault yield 0, chains end at a bound, and a chain that ends in the marker of another
// bucket has led astray, so that its bucket is begun again.

#include "kernel_reads.h"
#include "kernel_sockets.h"
#include "record_writing.h"
#include "walk_layout.h"

const char kLicense[] SEC("license") = "Dual BSD/GPL";

// Decided by the process before the program is loaded.
const volatile u32 cpus = 1;
// The counters of walk_namespace::counters: their index in the kernel's table.
const volatile u32 counter_index[WALK_COUNTERS];
// Bit N: counter N is in the table of TCP's own counters, not in that of Linux's extensions.
const volatile u32 counters_of_tcp = 0;

// What the process reads.
struct walk_report report;
struct walk_record records[WALK_RECORDS];
struct walk_namespace namespaces[WALK_LISTED];

enum { kRunning = 0, kStop = 1 };    // what the body of bpf_loop() returns
enum { kListeningNulls = 1 << 29 };  // kernel: LISTENING_NULLS_BASE

// The ring of network namespaces that the kernel keeps. One of its list_heads is the head of the
// list and belongs to none: only a genuine one has the operations of network namespaces.
//
// This and what other loops work on is memory of the program, not on the stack, and the functions
// that are not static take numbers only. So the verifier looks at each part once, not on every path
// that leads to it. A process has its own copy and runs one program at a time.
struct {
  u64 own;  // that of the process
  u64 net;
  u64 operations;
  u64 wanted_cookie;  // of a search; 0: any that shares its table
  u32 is_found;
  u32 is_begun;  // of a list: it has passed the namespace of the process
} ring;

static __always_inline _Bool IsNamespace(void) {
  return POINTER(net, ring.net, ns.ops) == ring.operations;
}

static __always_inline void BeginRing(void) {
  ring.own = OwnNamespace();
  ring.net = ring.own;
  ring.operations = POINTER(net, ring.net, ns.ops);
}

static __always_inline void GoOnInRing(void) {
  ring.net = POINTER(net, ring.net, list.next) - bpf_core_field_offset(((struct net*)0)->list);
}

// kernel: tcp_set_hashinfo() in net/ipv4/tcp_ipv4.c
static __always_inline _Bool HasOwnTable(u64 net) {
  return READ(inet_hashinfo, POINTER(net, net, ipv4.tcp_death_row.hashinfo), pernet);
}

static __always_inline _Bool IsWanted(void) {
  if (ring.wanted_cookie == 0) return !HasOwnTable(ring.net);
  return READ(net, ring.net, net_cookie) == ring.wanted_cookie;
}

static long SearchStep(u32 index, void* context) {
  if (index > 0 && ring.net == ring.own) return kStop;  // once around
  if (IsNamespace() && IsWanted()) {
    ring.is_found = 1;
    return kStop;
  }
  GoOnInRing();
  return kRunning;
}

// Returns true iff there is such a network namespace. Then it is `ring.net`.
static __always_inline _Bool FindInRing(u64 net_cookie) {
  BeginRing();
  ring.wanted_cookie = net_cookie;
  ring.is_found = 0;
  bpf_loop(WALK_NAMESPACES + 1, SearchStep, 0, 0);
  return ring.is_found;
}

// Returns the table that holds the sockets of a network namespace; for the cookie 0, the table that
// is shared. Returns 0 if there is no such namespace.
static __always_inline u64 TableOf(u64 net_cookie) {
  return FindInRing(net_cookie) ? POINTER(net, ring.net, ipv4.tcp_death_row.hashinfo) : 0;
}

enum { kFew, kConnections, kListeners };

// One run over a part of a table.
struct {
  u64 buckets;  // address of the first
  u64 stride;   // from one to the next
  u64 head;     // from a bucket to its chain
  u64 now_ticks;
  u64 node;   // where the chain goes on
  u32 nulls;  // the number in the marker at the end of the first chain
  u32 mask;   // number of buckets less 1
  u32 states;
  u32 bucket;    // the one that is read
  u32 first;     // record of this bucket
  u32 restarts;  // of this bucket
  u32 is_full;   // 1: the records of the bucket do not fit
  u32 is_over;   // 1: so this run ends
  u32 kind;      // of the records that will be written: kFew, kConnections or kListeners
} walk;

// Writes one socket to `records`. Returns false if its memory could not be read.
__noinline int Write(u32 at, u64 socket) {
  if (at >= WALK_RECORDS) return 0;
  struct walk_record* to = &records[at];
  u64 now = walk.now_ticks;
  __builtin_memset(to, 0, sizeof(*to));
  to->bucket = walk.bucket;
  u8 kind = READ(sock_common, socket, skc_state);
  to->state = StateOf(socket);
  WriteCommon(to, socket);
  if (kind == kTcpTimeWait) {
    to->timer_ticks = TicksUntil(READ(inet_timewait_sock, socket, tw_timer.expires), now);
  } else if (kind == kTcpNewSynRecv) {
    to->retransmissions = READ(request_sock, socket, num_retrans);
    to->timer_ticks = TicksUntil(READ(request_sock, socket, rsk_timer.expires), now);
  } else {
    WriteCgroup(to, socket);
    if (kind == kTcpListen) {
      WriteListener(to, socket);
    } else {
      WriteTimer(to, socket, now);
      WriteTcpInfo(to, socket, (u32)now);
    }
  }
  return to->state != 0 && to->net_cookie != 0;
}

// Begins the bucket again, or gives it up if that has happened too often.
static __always_inline long Restart(void) {
  if (++walk.restarts > WALK_RESTARTS) {
    ++report.overruns;
    return kStop;
  }
  ++report.restarts;
  report.records = walk.first;
  walk.node = ReadWord(walk.buckets + walk.bucket * walk.stride + walk.head);
  return kRunning;
}

// Looks at one socket of a bucket's chain. The chain ends in an odd number.
// kernel: include/linux/list_nulls.h
static long ChainStep(u32 index, void* context) {
  u64 node = walk.node;
  if (node == 0) {  // a read that faulted
    ++report.faulted;
    return Restart();
  }
  if (node & 1) return node >> 1 == walk.nulls + walk.bucket ? kStop : Restart();
  u64 socket = node - bpf_core_field_offset(((struct sock_common*)0)->skc_nulls_node);
  ++report.visits;
  walk.node = ReadWord(node);
  u8 state = StateOf(socket);
  if (state >= 32 || (walk.states >> state & 1) == 0) return kRunning;
  if (READ(sock_common, socket, skc_refcnt.refs.counter) == 0) return kRunning;  // on its way out
  if (report.records >= WALK_RECORDS) {
    walk.is_full = 1;
    return kStop;
  }
  if (Write(report.records, socket)) {
    ++report.records;
  } else {
    ++report.faulted;
  }
  return kRunning;
}

// Reads one bucket, whose chain begins at `head`. Returns false if its records did not fit: it must
// be read again in another run.
__noinline int ReadBucket(u32 bucket, u64 head) {
  walk.bucket = bucket;
  walk.node = head;
  walk.first = report.records;
  walk.restarts = 0;
  walk.is_full = 0;
  long steps = bpf_loop(WALK_CHAIN, ChainStep, 0, 0);
  if (walk.is_full && walk.first > 0) {
    report.records = walk.first;
    return 0;
  }
  // A bucket that no run can hold, or that has no end.
  if (walk.is_full || steps >= WALK_CHAIN) ++report.overruns;
  return 1;
}

// Most of a walk's time goes into waiting for memory: each socket lies on some page of its own, in
// a dozen cache lines. So a run gathers buckets that have sockets, touches the sockets of all of
// them at once, none of which waits for another, and reads the buckets one by one only then. What
// it touches need not be right.
enum { kGroup = 64, kGroupSpan = 1024, kUnroll = 8, kDepth = 8 };

// The buckets that were gathered.
u32 group[kGroup];
u32 group_size;
u64 next_head;  // the address of the head of the bucket `report.next`

// Sockets of different chains, by the address of their node.
u64 nodes[kGroup];
u32 node_count;
u64 networks[kGroup];  // of these sockets: struct net
u64 touched;           // keeps the compiler from leaving out reads

// Read anew for each loop over the nodes. After a loop the verifier knows how many nodes there were
// on each way out of it. With that number it would go through the next loop again for each way.
static __always_inline u32 NodeCount(void) { return *(volatile u32*)&node_count; }

static __always_inline void AddNode(u64 node) {
  nodes[node_count % kGroup] = node;
  node_count += (node & 1) == 0;
}

static long GatherStep(u32 index, void* context) {
#pragma unroll
  for (u32 i = 0; i < kUnroll; ++i) {
    u32 bucket = report.next;
    if (bucket > walk.mask) return kStop;
    u64 head = ReadWord(next_head);
    if ((head & 1) == 0 || head >> 1 != walk.nulls + bucket) {
      group[group_size % kGroup] = bucket;
      ++group_size;
      AddNode(head);
    }
    report.next = bucket + 1;
    next_head += walk.stride;
  }
  return group_size > kGroup - kUnroll ? kStop : kRunning;
}

// Touches the memory of a connection that Write() reads.
static __always_inline u64 TouchConnection(u64 socket) {
  return POINTER(sock, socket, sk_cgrp_data.cgroup) + READ(sock, socket, sk_timer.expires) +
         READ(inet_connection_sock, socket, icsk_retransmit_timer.expires) +
         READ(inet_connection_sock, socket, icsk_pending) + READ(tcp_sock, socket, snd_wnd) +
         READ(tcp_sock, socket, rtt_min.s[0].v) + READ(tcp_sock, socket, bytes_sent) +
         READ(tcp_sock, socket, rcv_nxt) + READ(tcp_sock, socket, bytes_received) +
         READ(tcp_sock, socket, bytes_acked) + READ(tcp_sock, socket, bytes_retrans);
}

// The same for a listener.
static __always_inline u64 TouchListener(u64 socket, u32 i) {
  networks[i % kGroup] = POINTER(sock_common, socket, skc_net.net);
  return (u64)READ(sock, socket, sk_drops.counter) + READ(sock, socket, sk_ack_backlog) +
         POINTER(sock, socket, sk_cgrp_data.cgroup);
}

__noinline int TouchNodes(void) {
  const u32 node_offset = bpf_core_field_offset(((struct sock_common*)0)->skc_nulls_node);
  u64 sum = 0;
  u32 count = NodeCount();
  for (u32 i = 0; i < kGroup && i < count; ++i) sum += ReadWord(nodes[i]);
  count = NodeCount();
  for (u32 i = 0; i < kGroup && i < count; ++i) {
    sum += READ(sock_common, nodes[i] - node_offset, skc_state);
    sum += (u64)READ(sock_common, nodes[i] - node_offset, skc_refcnt.refs.counter);
  }
  count = NodeCount();
  if (walk.kind == kConnections) {
    for (u32 i = 0; i < kGroup && i < count; ++i) sum += TouchConnection(nodes[i] - node_offset);
  } else if (walk.kind == kListeners) {
    for (u32 i = 0; i < kGroup && i < count; ++i) sum += TouchListener(nodes[i] - node_offset, i);
    count = NodeCount();
    for (u32 i = 0; i < kGroup && i < count; ++i) sum += READ(net, networks[i], net_cookie);
  }
  touched = sum;
  return 0;
}

// Goes on to the next socket of each chain.
__noinline int AdvanceNodes(void) {
  u32 count = node_count;
  node_count = 0;
  for (u32 i = 0; i < kGroup && i < count; ++i) AddNode(ReadWord(nodes[i]));
  return 0;
}

// Reads one of the buckets that were gathered.
static long ReadStep(u32 index, void* context) {
  u32 bucket = group[index % kGroup];
  u64 head = ReadWord(walk.buckets + bucket * walk.stride + walk.head);
  if (ReadBucket(bucket, head)) return kRunning;
  report.next = bucket;
  walk.is_over = 1;
  return kStop;
}

static long GroupStep(u32 index, void* context) {
  group_size = 0;
  node_count = 0;
  bpf_loop(kGroupSpan / kUnroll, GatherStep, 0, 0);
  for (u32 round = 0; has_direct_reads && node_count > 0 && round < kDepth; ++round) {
    TouchNodes();
    AdvanceNodes();
  }
  bpf_loop(group_size, ReadStep, 0, 0);
  const u32 enough = has_direct_reads ? WALK_RECORDS : WALK_RECORDS / 4;  // probe reads take longer
  const _Bool is_enough = report.visits >= WALK_VISITS || report.records >= enough;
  return is_enough || walk.is_over || report.next > walk.mask ? kStop : kRunning;
}

static __always_inline void BeginReport(void) {
  report.buckets = 0;
  report.next = 0;
  report.records = 0;
  report.visits = 0;
  report.restarts = 0;
  report.overruns = 0;
  report.faulted = 0;
  report.duration_ns = 0;
  report.is_found = 0;
  report.is_complete = 0;
}

static __always_inline void Walk(u32 first) {
  const u64 begin = bpf_ktime_get_ns();
  report.buckets = walk.mask + 1;
  report.next = first;
  next_head = walk.buckets + first * walk.stride + walk.head;
  walk.is_over = 0;
  walk.now_ticks = bpf_jiffies64();
  bpf_loop(WALK_BUCKETS / kGroupSpan, GroupStep, 0, 0);
  report.duration_ns = (u32)(bpf_ktime_get_ns() - begin);
}

SEC("raw_tp")
int walk_connections(u64* arguments) {
  BeginReport();
  u64 table = TableOf(arguments[WALK_ARG_NET_COOKIE]);
  if (table == 0) return 0;
  walk.buckets = POINTER(inet_hashinfo, table, ehash);
  walk.stride = bpf_core_type_size(struct inet_ehash_bucket);
  walk.head = bpf_core_field_offset(((struct inet_ehash_bucket*)0)->chain);
  walk.mask = READ(inet_hashinfo, table, ehash_mask);
  walk.nulls = 0;
  walk.states = (u32)arguments[WALK_ARG_STATES];
  walk.kind = walk.states >> kTcpEstablished & 1 ? kConnections : kFew;
  Walk((u32)arguments[WALK_ARG_BUCKET]);
  return 0;
}

SEC("raw_tp")
int walk_listeners(u64* arguments) {
  BeginReport();
  u64 table = POINTER(net, OwnNamespace(), ipv4.tcp_death_row.hashinfo);
  walk.buckets = POINTER(inet_hashinfo, table, lhash2);
  walk.stride = bpf_core_type_size(struct inet_listen_hashbucket);
  walk.head = bpf_core_field_offset(((struct inet_listen_hashbucket*)0)->nulls_head);
  walk.mask = READ(inet_hashinfo, table, lhash2_mask);
  walk.nulls = kListeningNulls;
  walk.states = 1 << kTcpListen;
  walk.kind = kListeners;
  Walk((u32)arguments[WALK_ARG_BUCKET]);
  return 0;
}

// The counters of network namespaces. Each CPU has its own; an address of one is a base and the
// CPU's offset, which the kernel does not show. But the memory of a map of our own shows it.

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} per_cpu SEC(".maps");

// A pointer that the verifier knows becomes a number only by way of memory.
volatile u64 known_address;

static __always_inline u64 AddressOf(const void* known) {
  known_address = (u64)known;
  return known_address;
}

// What is being counted.
struct {
  u64 map_base;
  u64 of_tcp;  // base addresses of the two tables of counters
  u64 of_extensions;
  u32 at;  // in `namespaces`
} counting;

static long CountersStep(u32 cpu, void* context) {
  u32 key = 0;
  const void* element = bpf_map_lookup_percpu_elem(&per_cpu, &key, cpu);
  u32 at = counting.at;
  if (element == 0 || at >= WALK_LISTED) return kRunning;
  u64 offset = AddressOf(element) - counting.map_base;
#pragma unroll
  for (u32 i = 0; i < WALK_COUNTERS; ++i) {
    u64 table = counters_of_tcp >> i & 1 ? counting.of_tcp : counting.of_extensions;
    namespaces[at].counters[i] += ReadWord(table + offset + counter_index[i] * sizeof(u64));
  }
  return kRunning;
}

// Describes the namespace of `ring`.
__noinline int Describe(u32 at) {
  if (at >= WALK_LISTED) return 0;
  u64 net = ring.net;
  struct walk_namespace* to = &namespaces[at];
  __builtin_memset(to, 0, sizeof(*to));
  to->net_cookie = READ(net, net, net_cookie);
  to->inode = READ(net, net, ns.inum);
  to->keepalive_ticks = (u32)READ(net, net, ipv4.sysctl_tcp_keepalive_time);
  if (bpf_core_field_exists(((struct netns_ipv4*)0)->sysctl_tcp_syn_linear_timeouts)) {
    to->syn_linear_timeouts = READ(net, net, ipv4.sysctl_tcp_syn_linear_timeouts);
  }
  if (bpf_core_field_exists(((struct netns_ipv4*)0)->ip_local_ports.range)) {
    to->ephemeral_ports = READ(net, net, ipv4.ip_local_ports.range);
  } else {
    u64 pair = ReadWord(PLACE(net, net, ipv4) + PLACE(netns_ipv4___old, 0, ip_local_ports.range));
    to->ephemeral_ports = (u32)(pair >> 32 << 16 | (pair & 0xffff));
  }
  to->has_own_table = HasOwnTable(net);
  to->is_own = net == ring.own;
  counting.of_tcp = POINTER(net, net, mib.tcp_statistics);
  counting.of_extensions = POINTER(net, net, mib.net_statistics);
  counting.at = at;
  bpf_loop(cpus, CountersStep, 0, 0);
  return 1;
}

static long ListStep(u32 index, void* context) {
  if (ring.is_begun && ring.net == ring.own) {  // once around
    report.is_complete = 1;
    return kStop;
  }
  if (report.records == WALK_LISTED) return kStop;
  if (report.records > 0 && (report.records + 1) * cpus > WALK_COUNTER_READS) return kStop;
  ring.is_begun = 1;
  if (IsNamespace() && Describe(report.records)) ++report.records;
  GoOnInRing();
  return kRunning;
}

SEC("raw_tp")
int list_namespaces(u64* arguments) {
  const u64 begin = bpf_ktime_get_ns();
  u64 after = arguments[WALK_ARG_NET_COOKIE];
  BeginReport();
  ring.is_begun = after != 0;
  if (after == 0) {
    BeginRing();
  } else if (FindInRing(after)) {
    GoOnInRing();
  } else {
    return 0;
  }
  report.is_found = 1;
  counting.map_base = ReadWord(PLACE(bpf_array, AddressOf(&per_cpu), pptrs));
  bpf_loop(WALK_NAMESPACES + 1, ListStep, 0, 0);
  report.duration_ns = bpf_ktime_get_ns() - begin;
  return 0;
}
