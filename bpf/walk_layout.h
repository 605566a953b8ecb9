/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the BPF programs of socket_walk.bpf.c and the process that runs them have in common: the
 * memory that both of them see. Plain C, because clang compiles it for the BPF machine as well.
 * Numbers are in host byte order. */
#pragma once

/* Its names are those of C. NOLINTBEGIN(readability-identifier-naming) */
typedef unsigned char walk_u8;
typedef unsigned short walk_u16;
typedef unsigned int walk_u32;
typedef unsigned long long walk_u64;

/* What a record holds beyond the members that every socket has. */
enum walk_flag {
  WALK_HAS_TCP_INFO = 1, /* the members from `bytes_acked` on */
  WALK_HAS_CGROUP = 2,   /* `cgroup_id` */
  WALK_HAS_DROPS = 4,    /* `drops` and `address`: a LISTEN socket */
  WALK_IS_V6_ONLY = 8,   /* an IPv6 socket that takes no IPv4 */
  WALK_HAS_HEARD_PEER =
      16,               /* an option was agreed on, a window announced or a round trip measured */
  WALK_RETRANSMITS = 32 /* `rto_ticks` and `backoff`: the retransmission timer runs */
};

/* One socket. Times are in ticks of the kernel's clock (jiffies). */
struct walk_record {
  walk_u64 net_cookie;
  walk_u64 cookie; /* 0: the kernel has not given it one yet */
  walk_u64 cgroup_id;
  walk_u64 address;          /* of the socket in the kernel's memory; never shown to anybody */
  walk_u32 local_address[4]; /* network byte order; IPv4 uses the first word */
  walk_u32 remote_address[4];
  walk_u16 local_port;
  walk_u16 remote_port;
  walk_u32 interface;
  walk_u32 receive_queue;
  walk_u32 send_queue;
  walk_u32 timer_ticks; /* until the pending timer fires; 0 if there is none */
  walk_u32 drops;
  walk_u32 bucket; /* of the hash table; those of one bucket follow each other */
  walk_u8 state;   /* the kernel's number, never NEW_SYN_RECV */
  walk_u8 family;  /* AF_INET or AF_INET6 */
  walk_u8 retransmissions;
  walk_u8 flags; /* enum walk_flag */

  walk_u64 bytes_acked;
  walk_u64 bytes_received;
  walk_u64 bytes_sent;
  walk_u64 bytes_retransmitted;
  walk_u32 segments_sent;
  walk_u32 segments_retransmitted;
  walk_u32 segments_unacked;
  walk_u32 bytes_not_sent;
  walk_u32 rtt_us;          /* 0: none */
  walk_u32 min_rtt_us;      /* ~0: none */
  walk_u32 ack_age_ticks;   /* since an ACK arrived */
  walk_u32 idle_ticks;      /* since data was sent, or data or an ACK arrived */
  walk_u32 chrono_ticks[3]; /* busy and not limited; limited by the window; by the send buffer */
  walk_u32 rto_ticks : 24;  /* at most two minutes */
  walk_u32 backoff : 8;
};

/* The most records that one run writes, and the most sockets that one run looks at. They bound the
 * time of a run, in which the kernel must not free memory: about a millisecond. */
enum {
  WALK_RECORDS = 2048,
  WALK_VISITS = 8192,
  WALK_BUCKETS = 65536,
  WALK_CHAIN = 4096,         /* the longest chain of a bucket that is read to its end */
  WALK_RESTARTS = 8,         /* how often a bucket is begun again when a socket has moved */
  WALK_LISTED = 256,         /* the most network namespaces that one run lists */
  WALK_NAMESPACES = 65536,   /* the most that a run looks at */
  WALK_COUNTER_READS = 4096, /* on how many CPUs, of all its namespaces, a list reads counters */
  WALK_COUNTERS = 4          /* of the kernel, for each network namespace */
};

/* The arguments of a run, as a raw tracepoint gets them. */
enum walk_argument {
  WALK_ARG_BUCKET,     /* where to begin */
  WALK_ARG_NET_COOKIE, /* For a walk: the network namespace whose table is walked. 0 means the
                          table that is shared by all namespaces without one of their own.
                          For a list: the network namespace after which the list goes on. 0 means
                          that the list begins. */
  WALK_ARG_STATES,     /* bit N is the state numbered N */
  WALK_ARGUMENTS
};

/* What a run tells about itself. */
struct walk_report {
  walk_u32 buckets; /* of the table; 0: no network namespace has the cookie that was asked for */
  walk_u32 next;    /* the bucket to go on at; equal to `buckets` at the end */
  walk_u32 records;
  walk_u32 visits;      /* sockets looked at */
  walk_u32 restarts;    /* of a bucket, because a socket had moved to another one */
  walk_u32 overruns;    /* buckets that were not read to their end */
  walk_u32 faulted;     /* records thrown away, because their memory could not be read */
  walk_u32 duration_ns; /* of the run */
  walk_u32 is_found;    /* of a list: the network namespace after which it goes on still exists */
  walk_u32 is_complete; /* of a list: it has the last one */
};

/* One network namespace. */
struct walk_namespace {
  walk_u64 net_cookie;
  walk_u64 counters[WALK_COUNTERS]; /* sums over the CPUs */
  walk_u32 inode;
  walk_u32 keepalive_ticks; /* tcp_keepalive_time, which /proc shows in seconds */
  walk_u32 ephemeral_ports; /* low in the lower half, high in the upper half */
  walk_u8 syn_linear_timeouts;
  walk_u8 has_own_table; /* of connections (tcp_child_ehash_entries) */
  walk_u8 is_own;        /* that of the process */
  walk_u8 reserved;
};
/* NOLINTEND(readability-identifier-naming) */
