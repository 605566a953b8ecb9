/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The members of the kernel's sockets that the BPF programs read. See kernel_types.h.
 * kernel: include/net/sock.h, inet_connection_sock.h, inet_timewait_sock.h, request_sock.h,
 * include/linux/tcp.h. */
#pragma once

#include "kernel_namespaces.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  u16 skc_num;
  unsigned short skc_family;
  unsigned char skc_state;
  unsigned char skc_ipv6only : 1;
  int skc_bound_dev_if;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
  struct hlist_nulls_node skc_nulls_node;
  refcount_t skc_refcnt;
  unsigned long skc_flags;
};

struct kernfs_node {
  u64 id;
};

struct cgroup {
  struct kernfs_node* kn;
};

struct sock_cgroup_data {
  struct cgroup* cgroup;
};

struct sock {
  struct sock_common __sk_common;
  atomic_t sk_drops;
  u32 sk_ack_backlog;
  u32 sk_max_ack_backlog;
  struct sock_cgroup_data sk_cgrp_data;
  struct timer_list sk_timer;
  int sk_err;
  u16 sk_protocol;
};

struct inet_sock {
  struct sock sk;
  __be16 inet_sport;
};

struct inet_connection_sock {
  struct inet_sock icsk_inet;
  struct timer_list icsk_retransmit_timer;
  u32 icsk_rto;
  u8 icsk_retransmits;
  u8 icsk_pending;
  u8 icsk_backoff;
  u8 icsk_probes_out;
  struct {
    u32 lrcvtime;
  } icsk_ack;
};

/* Before 6.15 the time was beside the timer. */
struct inet_connection_sock___before_6_15 {
  unsigned long icsk_timeout;
};

/* From 6.19 on the keepalive timer is here. */
struct inet_connection_sock___from_6_19 {
  struct timer_list icsk_keepalive_timer;
};

struct minmax_sample {
  u32 v;
};

struct minmax {
  struct minmax_sample s[3];
};

struct tcp_options_received {
  u16 tstamp_ok : 1;
  u16 wscale_ok : 1;
  u16 sack_ok : 3;
};

struct tcp_sock {
  struct inet_connection_sock inet_conn;
  struct tcp_options_received rx_opt;
  struct minmax rtt_min;
  u64 bytes_acked;
  u64 bytes_received;
  u64 bytes_sent;
  u64 bytes_retrans;
  u32 segs_out;
  u32 total_retrans;
  u32 packets_out;
  u32 srtt_us;
  u32 rcv_tstamp;
  u32 lsndtime;
  u32 rcv_nxt;
  u32 copied_seq;
  u32 write_seq;
  u32 snd_nxt;
  u32 snd_una;
  u32 snd_wnd;
  u32 chrono_start;
  u32 chrono_stat[3];
  u8 chrono_type : 2;
};

struct inet_timewait_sock {
  struct sock_common __tw_common;
  unsigned char tw_substate;
  struct timer_list tw_timer;
};

struct request_sock {
  struct sock_common __req_common;
  u8 num_retrans;
  struct timer_list rsk_timer;
};

#pragma clang attribute pop
