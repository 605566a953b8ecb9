/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the BPF programs of connection_trace.bpf.c and the process that loads them have in common:
 * the memory that both of them see. Plain C, because clang compiles it for the BPF machine as well.
 * Numbers are in host byte order. */
#pragma once

#include "walk_layout.h"

/* Its names are those of C. NOLINTBEGIN(readability-identifier-naming) */

/* How a handshake ended, in the order of HandshakeOutcome. */
enum trace_outcome {
  TRACE_OK,
  TRACE_REFUSED,
  TRACE_TIMED_OUT,
  TRACE_UNREACHABLE,
  TRACE_NO_ROUTE,
  TRACE_NO_PORT,
  TRACE_ABANDONED,
  TRACE_RESET,
  TRACE_OTHER,
  TRACE_OUTCOMES
};

/* In the order of Direction. */
enum trace_direction { TRACE_INBOUND, TRACE_OUTBOUND, TRACE_DIRECTIONS };

/* By what handshakes are told apart in addition to what always counts. See HandshakeDetail. */
enum trace_detail {
  TRACE_INBOUND_REMOTE_ADDRESS = 1,
  TRACE_INBOUND_REMOTE_PORT = 2,
  TRACE_OUTBOUND_LOCAL_PORT = 4,
  TRACE_LOCAL_ADDRESS = 8
};

enum {
  TRACE_KEYS = 16384,    /* the most different keys of a table */
  TRACE_PENDING = 65536, /* the most connects whose beginning is remembered */
  TRACE_BOUNDS = 256,    /* room for the upper bounds of buckets: a power of two */
  TRACE_BUCKETS = 192,   /* room for the counts of a key */
  TRACE_TABLES = 2       /* one is written to while the other one is read and emptied */
};

/* Handshakes with the same key are counted together. Parts that nobody asked for are 0. */
struct trace_key {
  walk_u64 net_cookie;
  walk_u64 cgroup_id;        /* 0: none */
  walk_u32 local_address[4]; /* network byte order; IPv4 uses the first word */
  walk_u32 remote_address[4];
  walk_u16 local_port;
  walk_u16 remote_port;
  walk_u8 direction;
  walk_u8 outcome;
  walk_u8 family; /* AF_INET or AF_INET6 */
  walk_u8 reserved;
};

struct trace_counts {
  walk_u64 unmeasured;             /* handshakes whose duration is not known */
  walk_u64 retransmissions;        /* of SYNs or SYN-ACKs */
  walk_u64 duration_ns;            /* of those in `buckets`, together */
  walk_u32 buckets[TRACE_BUCKETS]; /* the others, by duration; see trace_bounds */
};

/* How many handshakes were not counted in full, and how many ends were lost. Only grows. */
struct trace_losses {
  walk_u64 without_address; /* counted by a key without addresses */
  walk_u64 without_port;    /* counted by direction and outcome only */
  walk_u64 untimed;         /* counted without a duration: too many connects were pending */
  walk_u64 ends_lost;       /* for which the ring buffer had no room */
};

/* The end of a connection: its last record, in state CLOSE. */
struct trace_end {
  struct walk_record record;
  walk_u8 last_state;   /* the kernel's number of the state before */
  walk_u8 fin_received; /* 1: the peer's FIN is among `bytes_received` */
  walk_u8 reserved[6];
};
/* NOLINTEND(readability-identifier-naming) */
