// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Follows the state changes of TCP sockets, in all network namespaces: counts how each handshake
// ended and how long it took, and writes down the end of each connection. It changes nothing.
//
// Handshakes are added up in a table, so a handshake costs a look-up and a few additions. There are
// two such tables. These programs write to one of them. The process reads and empties the other
// one, to which nobody has written for a while, and then swaps the two. So no addition is lost.

#include "kernel_context.h"
#include "kernel_reads.h"
#include "kernel_sockets.h"
#include "record_writing.h"
#include "trace_layout.h"

const char kLicense[] SEC("license") = "Dual BSD/GPL";

// Decided by the process before the programs are loaded.
// The inclusive upper bounds of the buckets, ascending, in nanoseconds; unused ones are ~0.
const volatile u64 trace_bounds[TRACE_BOUNDS];
// 1: handshakes between two loopback addresses are not counted. The ends of such connections are
// written down nevertheless, and the process leaves them out.
const volatile u32 excludes_loopback = 0;

// Decided by the process at any time.
volatile u32 table_in_use = 0;       // index of the table that is written to
volatile u32 detail = 0;             // enum trace_detail
volatile u32 wants_ends = 0;         // 1: write down the ends of connections
volatile u32 sees_connect_fail = 0;  // 1: the programs on_connect_v4 and on_connect_v6 are attached

// The network namespace of the process, as read_own() found it.
u64 own_net_cookie;
u32 own_keepalive_ticks;  // its tcp_keepalive_time in ticks; /proc shows it in seconds

// What the process reads. `coarse` counts the handshakes that have no room in any table.
struct trace_losses losses;
u64 coarse[TRACE_TABLES][TRACE_DIRECTIONS][TRACE_OUTCOMES];

struct counts_table {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TRACE_KEYS);
  __type(key, struct trace_key);
  __type(value, struct trace_counts);
};
struct counts_table full_0 SEC(".maps");
struct counts_table full_1 SEC(".maps");
// For keys without addresses, when the full table has no room.
struct counts_table short_0 SEC(".maps");
struct counts_table short_1 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);  // the process makes it larger
} ends SEC(".maps");

// An entry begins as a copy of this.
struct trace_counts nothing;

enum { kTcpSynSent = 2, kTcpClose = 7 };
enum { kProtocolTcp = 6 };
enum { kSockDone = 1 };  // kernel: SOCK_DONE, a bit of sk_flags: a FIN has come
// kernel: include/uapi/asm-generic/errno-base.h and errno.h
enum {
  kNoAccess = 13,
  kNoNetwork = 64,
  kAddressNotAvailable = 99,
  kNetUnreachable = 101,
  kConnectionReset = 104,
  kTimedOut = 110,
  kConnectionRefused = 111,
  kHostDown = 112,
  kHostUnreachable = 113
};

// When the SYN of a connect was sent. A socket may be in one of the places of its set, which is a
// cache line. That costs a tenth of a look-up in a map.
enum { kSetSize = 4 };
struct pending_connect {
  u64 socket;  // its address; 0: the place is free
  u64 begin;   // bpf_ktime_get_ns()
};
static struct pending_connect pending[TRACE_PENDING] __attribute__((aligned(64)));

// One handshake that has ended.
struct handshake {
  struct trace_key key;
  u64 duration_ns;  // 0: not known
  u32 retransmissions;
};

// Returns the index of the bucket that takes a duration.
static __always_inline u32 BucketOf(u64 duration_ns) {
  u32 bucket = 0;
#pragma unroll
  for (u32 step = TRACE_BOUNDS / 2; step > 0; step /= 2) {
    if (trace_bounds[(bucket + step - 1) & (TRACE_BOUNDS - 1)] < duration_ns) bucket += step;
  }
  return bucket;
}

static __always_inline void AddTo(struct trace_counts* to, const struct handshake* ended) {
  if (ended->retransmissions > 0) {
    __sync_fetch_and_add(&to->retransmissions, ended->retransmissions);
  }
  if (ended->duration_ns == 0) {
    __sync_fetch_and_add(&to->unmeasured, 1);
    return;
  }
  __sync_fetch_and_add(&to->duration_ns, ended->duration_ns);
  u32 bucket = BucketOf(ended->duration_ns);
  if (bucket < TRACE_BUCKETS) __sync_fetch_and_add(&to->buckets[bucket], 1);
}

// Returns false if the table has no room.
static __always_inline _Bool CountIn(void* table, const struct handshake* ended) {
  struct trace_counts* counts = bpf_map_lookup_elem(table, &ended->key);
  if (counts == 0) {
    bpf_map_update_elem(table, &ended->key, &nothing, BPF_NOEXIST);
    counts = bpf_map_lookup_elem(table, &ended->key);
  }
  if (counts == 0) return 0;
  AddTo(counts, ended);
  return 1;
}

static __always_inline void Count(struct handshake* ended) {
  const u32 second = table_in_use & 1;
  if (second ? CountIn(&full_1, ended) : CountIn(&full_0, ended)) return;
  __builtin_memset(ended->key.local_address, 0, sizeof(ended->key.local_address));
  __builtin_memset(ended->key.remote_address, 0, sizeof(ended->key.remote_address));
  if (second ? CountIn(&short_1, ended) : CountIn(&short_0, ended)) {
    __sync_fetch_and_add(&losses.without_address, 1);
    return;
  }
  __sync_fetch_and_add(&losses.without_port, 1);
  if (ended->key.direction < TRACE_DIRECTIONS && ended->key.outcome < TRACE_OUTCOMES) {
    __sync_fetch_and_add(&coarse[second][ended->key.direction][ended->key.outcome], 1);
  }
}

static __always_inline _Bool IsLoopback(const u32* address, u8 family) {
  const u32 first = family == kIpv4 ? address[0] : address[3];
  const _Bool is_ipv4 =
      family == kIpv4 || (address[0] == 0 && address[1] == 0 && address[2] == bpf_htonl(0xffff));
  if (is_ipv4) return (bpf_ntohl(first) >> 24) == 127;
  return address[0] == 0 && address[1] == 0 && address[2] == 0 && address[3] == bpf_htonl(1);
}

// Not skc_num: the kernel has cleared that if it has given the port back.
static __always_inline u16 LocalPortOf(u64 socket) {
  return bpf_ntohs(READ(inet_sock, socket, inet_sport));
}

static __always_inline void CopyAddress(u32* to, u64 from, u8 family) {
  if (family == kIpv4) {
    to[0] = (u32)ReadWord(from);
    return;
  }
  u64 low = ReadWord(from);
  u64 high = ReadWord(from + sizeof(u64));
  to[0] = (u32)low;
  to[1] = (u32)(low >> 32);
  to[2] = (u32)high;
  to[3] = (u32)(high >> 32);
}

static __always_inline void CopyLocalAddress(u32* to, u64 socket, u8 family) {
  CopyAddress(to,
              family == kIpv4 ? PLACE(sock_common, socket, skc_rcv_saddr)
                              : PLACE(sock_common, socket, skc_v6_rcv_saddr),
              family);
}

static __always_inline void CopyRemoteAddress(u32* to, u64 socket, u8 family) {
  CopyAddress(to,
              family == kIpv4 ? PLACE(sock_common, socket, skc_daddr)
                              : PLACE(sock_common, socket, skc_v6_daddr),
              family);
}

static __always_inline _Bool IsWithinLoopback(u64 socket, u8 family) {
  u32 local[4] = {0};
  u32 remote[4] = {0};
  CopyLocalAddress(local, socket, family);
  CopyRemoteAddress(remote, socket, family);
  return IsLoopback(local, family) && IsLoopback(remote, family);
}

// Counts the handshake of a socket. `key` has direction and outcome, and gets of the rest what was
// asked for.
static __always_inline void CountSocket(u64 socket, struct handshake* ended) {
  struct trace_key* key = &ended->key;
  const u32 wanted = detail;
  const _Bool is_outbound = key->direction == TRACE_OUTBOUND;
  key->family = (u8)READ(sock_common, socket, skc_family);
  if (excludes_loopback && IsWithinLoopback(socket, key->family)) return;
  key->net_cookie = READ(net, POINTER(sock_common, socket, skc_net.net), net_cookie);
  key->cgroup_id = CgroupOf(socket);
  if (wanted & TRACE_LOCAL_ADDRESS) CopyLocalAddress(key->local_address, socket, key->family);
  if (is_outbound || (wanted & TRACE_INBOUND_REMOTE_ADDRESS)) {
    CopyRemoteAddress(key->remote_address, socket, key->family);
  }
  if (!is_outbound || (wanted & TRACE_OUTBOUND_LOCAL_PORT)) key->local_port = LocalPortOf(socket);
  if (is_outbound || (wanted & TRACE_INBOUND_REMOTE_PORT)) {
    key->remote_port = bpf_ntohs(READ(sock_common, socket, skc_dport));
  }
  ended->retransmissions = READ(tcp_sock, socket, total_retrans);
  Count(ended);
}

static __always_inline u8 OutcomeOfError(int error) {
  switch (error) {
    case kConnectionRefused:
      return TRACE_REFUSED;
    case kTimedOut:
      return TRACE_TIMED_OUT;
    case kNetUnreachable:
    case kHostUnreachable:
    case kHostDown:
    case kNoNetwork:
    case kNoAccess:  // kernel: icmpv6_err_convert(): administratively prohibited
      return TRACE_UNREACHABLE;
    case kConnectionReset:
      return TRACE_RESET;
    case 0:
      return TRACE_ABANDONED;
    default:
      return TRACE_OTHER;
  }
}

// The first place of the set of a socket.
static __always_inline u32 SetOf(u64 socket) {
  const u64 mixed = (socket >> 6) * 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio
  return (u32)(mixed >> 32) & (TRACE_PENDING - kSetSize);
}

static __always_inline void BeginConnect(u64 socket) {
  const u32 set = SetOf(socket);
#pragma unroll
  for (u32 i = 0; i < kSetSize; ++i) {
    struct pending_connect* place = &pending[set + i];
    if (place->socket != 0 || __sync_val_compare_and_swap(&place->socket, 0, socket) != 0) continue;
    place->begin = bpf_ktime_get_ns();
    return;
  }
  __sync_fetch_and_add(&losses.untimed, 1);
}

static __always_inline struct pending_connect* FindConnect(u64 socket) {
  const u32 set = SetOf(socket);
#pragma unroll
  for (u32 i = 0; i < kSetSize; ++i) {
    if (pending[set + i].socket == socket) return &pending[set + i];
  }
  return 0;
}

// Returns how long the connect of a socket has taken, in nanoseconds, and forgets its beginning. 0
// if the beginning was not noted.
static __always_inline u64 EndConnect(u64 socket) {
  struct pending_connect* place = FindConnect(socket);
  if (place == 0) return 0;
  const u64 duration = bpf_ktime_get_ns() - place->begin;
  place->socket = 0;
  return duration > 0 ? duration : 1;
}

static __always_inline void ConnectSucceeded(u64 socket) {
  struct handshake ended = {.key = {.direction = TRACE_OUTBOUND, .outcome = TRACE_OK}};
  ended.duration_ns = EndConnect(socket);
  CountSocket(socket, &ended);
}

static __always_inline void ConnectFailed(u64 socket) {
  struct handshake ended = {.key = {.direction = TRACE_OUTBOUND}};
  EndConnect(socket);
  const int error = READ(sock, socket, sk_err);
  ended.key.outcome = OutcomeOfError(error);
  // kernel: tcp_v4_connect() and tcp_v6_connect() give up before they send a SYN if they find no
  // local port, or no route with it. Only the error that they return says which of the two it was:
  // on_connect_v4 and on_connect_v6 see it.
  if (error == 0 && READ(tcp_sock, socket, segs_out) == 0) {
    if (sees_connect_fail) return;
    ended.key.outcome = TRACE_NO_PORT;
  }
  CountSocket(socket, &ended);
}

// kernel: tcp_rcv_state_process() measures the round trip of the SYN-ACK before it changes the
// state. It does not after SYN cookies, and without timestamps not if the SYN-ACK was sent again.
static __always_inline void Accepted(u64 socket) {
  struct handshake ended = {.key = {.direction = TRACE_INBOUND, .outcome = TRACE_OK}};
  ended.duration_ns = (u64)(READ(tcp_sock, socket, srtt_us) >> 3) * 1000;
  CountSocket(socket, &ended);
}

// kernel: tcp_set_state() takes the socket out of its table and tells of it before anything is
// cleared. So the counters are whole, also after a reset and with SO_LINGER 0.
static __always_inline void WriteEnd(u64 socket, u8 last_state) {
  struct trace_end* end = bpf_ringbuf_reserve(&ends, sizeof(*end), 0);
  if (end == 0) {
    __sync_fetch_and_add(&losses.ends_lost, 1);
    return;
  }
  struct walk_record* record = &end->record;
  __builtin_memset(end, 0, sizeof(*end));
  WriteCommon(record, socket);
  WriteCgroup(record, socket);
  record->state = kTcpClose;
  record->local_port = LocalPortOf(socket);
  if (last_state == kTcpListen) {
    record->remote_port = 0;
  } else {
    WriteTcpInfo(record, socket, (u32)bpf_jiffies64());
  }
  end->last_state = last_state;
  end->fin_received = READ(sock_common, socket, skc_flags) >> kSockDone & 1;
  bpf_ringbuf_submit(end, 0);
}

// True iff this is the begin or the end of a handshake, or the end of a connection.
static __always_inline _Bool IsOfInterest(int before, int after) {
  return after == kTcpSynSent || after == kTcpClose || before == kTcpSynSent ||
         before == kTcpSynRecv;
}

static __always_inline void ChangeState(u64 socket, int before, int after) {
  if (READ(sock, socket, sk_protocol) != kProtocolTcp) return;
  if (after == kTcpSynSent) {
    BeginConnect(socket);
  } else if (before == kTcpSynSent && after == kTcpEstablished) {
    ConnectSucceeded(socket);
  } else if (before == kTcpSynSent && after == kTcpClose) {
    ConnectFailed(socket);
  } else if (before == kTcpSynRecv) {
    // Only after a simultaneous open was there a connect.
    const _Bool has_connected = FindConnect(socket) != 0;
    if (after == kTcpEstablished) {
      if (has_connected) {
        ConnectSucceeded(socket);
      } else {
        Accepted(socket);
      }
    } else if (has_connected) {
      ConnectFailed(socket);  // or the socket was closed meanwhile
    }
  }
  if (after == kTcpClose && before != kTcpClose && wants_ends) WriteEnd(socket, (u8)before);
}

// A number for a state change that two changes in a row do not share. All addresses of the kernel
// begin with the same bits.
static __always_inline u64 EventOf(u64 socket, int before, int after) {
  return socket ^ (u64)before << 56 ^ (u64)after << 48;
}

static __always_inline int OnChange(u64* arguments) {
  const int before = (int)arguments[1];
  const int after = (int)arguments[2];
  if (!IsOfInterest(before, after)) return 0;
  const u64 socket = NumberOf((void*)arguments[0]);
  if (TakeEvent(EventOf(socket, before, after), arguments)) ChangeState(socket, before, after);
  return 0;
}

// Two copies of one program, see kernel_context.h.
SEC("tp_btf/inet_sock_set_state")
int on_change(u64* arguments) { return OnChange(arguments); }

SEC("tp_btf/inet_sock_set_state")
int on_change_again(u64* arguments) { return OnChange(arguments); }

// Runs when the process asks for it (BPF_PROG_RUN), before anything is attached.
SEC("raw_tp")
int read_own(u64* arguments) {
  NoteStack();
  u64 net = OwnNamespace();
  own_net_cookie = READ(net, net, net_cookie);
  own_keepalive_ticks = (u32)READ(net, net, ipv4.sysctl_tcp_keepalive_time);
  return 0;
}

// Counts a connect that failed before it sent a SYN. `arguments` are those of tcp_v4_connect() or
// tcp_v6_connect(), and then what it has returned.
static __always_inline void ConnectReturned(u64* arguments, u8 family) {
  const u64 socket = arguments[0];
  const u64 address = arguments[1];
  const int size = (int)arguments[2];
  const int code = (int)arguments[3];
  if (code >= 0 || !sees_connect_fail) return;
  // kernel: SIZEOF_SOCKADDR_IN and SIN6_LEN_RFC2133. What is no address leads nowhere.
  if (size < (family == kIpv4 ? 16 : 24) || (u16)ReadWord(address) != family) return;
  if (READ(tcp_sock, socket, segs_out) != 0) return;  // its state change is counted
  struct handshake ended = {.key = {.direction = TRACE_OUTBOUND, .family = family}};
  struct trace_key* key = &ended.key;
  switch (-code) {
    case kAddressNotAvailable:
      key->outcome = TRACE_NO_PORT;
      break;
    case kNetUnreachable:
    case kHostUnreachable:
    case kNoAccess:  // kernel: a route of type "prohibit"
      key->outcome = TRACE_NO_ROUTE;
      break;
    default:
      key->outcome = TRACE_OTHER;
  }
  key->net_cookie = READ(net, POINTER(sock_common, socket, skc_net.net), net_cookie);
  key->cgroup_id = CgroupOf(socket);
  // kernel: struct sockaddr_in has the port at 2 and the address at 4; sockaddr_in6 at 2 and 8.
  key->remote_port = bpf_ntohs((u16)(ReadWord(address) >> 16));
  CopyAddress(key->remote_address, address + (family == kIpv4 ? 4 : 8), family);
  if (excludes_loopback && IsLoopback(key->remote_address, family)) return;
  Count(&ended);
}

SEC("fexit/tcp_v4_connect")
int on_connect_v4(u64* arguments) {
  ConnectReturned(arguments, kIpv4);
  return 0;
}

SEC("fexit/tcp_v6_connect")
int on_connect_v6(u64* arguments) {
  // kernel: for an IPv4 address it calls tcp_v4_connect(), which is traced by itself.
  u64 address = arguments[1];
  const _Bool is_ipv4 =
      ReadWord(address + 8) == 0 && (u32)ReadWord(address + 16) == bpf_htonl(0xffff);
  if (!is_ipv4) ConnectReturned(arguments, kIpv6);
  return 0;
}
