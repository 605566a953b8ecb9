/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Writes what a socket says of itself into a walk_record. Each function writes a part of it, of the
 * kinds of sockets that have that part; `now` is in ticks of the kernel's clock.
 *
 * What each field means is what inet_diag means by it.
 * kernel: net/ipv4/inet_diag.c (inet_diag_dump_icsk(), inet_sk_diag_fill(), inet_req_diag_fill(),
 * inet_twsk_diag_fill()), net/ipv4/tcp_diag.c, tcp_get_info() in net/ipv4/tcp.c. */
#pragma once

#include "kernel_reads.h"
#include "kernel_sockets.h"
#include "kernel_ticks.h"
#include "walk_layout.h"

enum { kTcpEstablished = 1, kTcpSynRecv = 3, kTcpTimeWait = 6 };
enum { kTcpListen = 10, kTcpNewSynRecv = 12 };
enum { kTimerRetransmit = 1, kTimerProbe = 3, kTimerLossProbe = 5, kTimerReordering = 6 };
enum { kIpv4 = 2, kIpv6 = 10 };

static __always_inline void WriteCommon(struct walk_record* to, u64 socket) {
  to->cookie = (u64)READ(sock_common, socket, skc_cookie.counter);
  to->net_cookie = READ(net, POINTER(sock_common, socket, skc_net.net), net_cookie);
  to->family = (u8)READ(sock_common, socket, skc_family);
  to->local_port = READ(sock_common, socket, skc_num);
  to->remote_port = bpf_ntohs(READ(sock_common, socket, skc_dport));
  to->interface = (u32)READ(sock_common, socket, skc_bound_dev_if);
  if (to->family == kIpv4) {
    to->local_address[0] = READ(sock_common, socket, skc_rcv_saddr);
    to->remote_address[0] = READ(sock_common, socket, skc_daddr);
    return;
  }
  u64* local = (u64*)to->local_address;
  u64* remote = (u64*)to->remote_address;
  local[0] = ReadWord(PLACE(sock_common, socket, skc_v6_rcv_saddr));
  local[1] = ReadWord(PLACE(sock_common, socket, skc_v6_rcv_saddr) + sizeof(u64));
  remote[0] = ReadWord(PLACE(sock_common, socket, skc_v6_daddr));
  remote[1] = ReadWord(PLACE(sock_common, socket, skc_v6_daddr) + sizeof(u64));
}

// The pending timer, and how often what it is for was tried.
static __always_inline void WriteTimer(struct walk_record* to, u64 socket, u64 now) {
  u8 pending = READ(inet_connection_sock, socket, icsk_pending);
  if (pending == kTimerRetransmit || pending == kTimerLossProbe || pending == kTimerReordering ||
      pending == kTimerProbe) {
    u64 expires;
    if (bpf_core_field_exists(((struct inet_connection_sock___before_6_15*)0)->icsk_timeout)) {
      expires = ReadWord(PLACE(inet_connection_sock___before_6_15, socket, icsk_timeout));
    } else {
      expires = READ(inet_connection_sock, socket, icsk_retransmit_timer.expires);
    }
    to->timer_ticks = TicksUntil(expires, now);
    if (pending == kTimerProbe) {
      to->retransmissions = READ(inet_connection_sock, socket, icsk_probes_out);
      return;
    }
    to->retransmissions = READ(inet_connection_sock, socket, icsk_retransmits);
    to->rto_ticks = READ(inet_connection_sock, socket, icsk_rto);
    to->backoff = READ(inet_connection_sock, socket, icsk_backoff);
    to->flags |= WALK_RETRANSMITS;
    return;
  }
  u64 timer;
  if (bpf_core_field_exists(((struct inet_connection_sock___from_6_19*)0)->icsk_keepalive_timer)) {
    timer = PLACE(inet_connection_sock___from_6_19, socket, icsk_keepalive_timer);
  } else {
    timer = PLACE(sock, socket, sk_timer);
  }
  if (POINTER(timer_list, timer, entry.pprev) == 0) return;
  to->timer_ticks = TicksUntil(READ(timer_list, timer, expires), now);
  to->retransmissions = READ(inet_connection_sock, socket, icsk_probes_out);
}

static __always_inline u32 Lesser(u32 a, u32 b) { return a < b ? a : b; }

static __always_inline void WriteTcpInfo(struct walk_record* to, u64 socket, u32 now) {
  to->bytes_acked = READ(tcp_sock, socket, bytes_acked);
  to->bytes_received = READ(tcp_sock, socket, bytes_received);
  to->bytes_sent = READ(tcp_sock, socket, bytes_sent);
  to->bytes_retransmitted = READ(tcp_sock, socket, bytes_retrans);
  to->segments_sent = READ(tcp_sock, socket, segs_out);
  to->segments_retransmitted = READ(tcp_sock, socket, total_retrans);
  to->segments_unacked = READ(tcp_sock, socket, packets_out);
  u32 written = READ(tcp_sock, socket, write_seq);
  s32 not_sent = (s32)(written - READ(tcp_sock, socket, snd_nxt));
  to->bytes_not_sent = not_sent > 0 ? (u32)not_sent : 0;
  s32 unread = (s32)(READ(tcp_sock, socket, rcv_nxt) - READ(tcp_sock, socket, copied_seq));
  to->receive_queue = unread > 0 ? (u32)unread : 0;
  to->send_queue = written - READ(tcp_sock, socket, snd_una);
  to->rtt_us = READ(tcp_sock, socket, srtt_us) >> 3;
  to->min_rtt_us = READ(tcp_sock, socket, rtt_min.s[0].v);
  to->ack_age_ticks = TicksSince(READ(tcp_sock, socket, rcv_tstamp), now);
  u32 data_sent = TicksSince(READ(tcp_sock, socket, lsndtime), now);
  u32 data_received = TicksSince(READ(inet_connection_sock, socket, icsk_ack.lrcvtime), now);
  to->idle_ticks = Lesser(to->ack_age_ticks, Lesser(data_sent, data_received));
  to->chrono_ticks[0] = READ(tcp_sock, socket, chrono_stat[0]);
  to->chrono_ticks[1] = READ(tcp_sock, socket, chrono_stat[1]);
  to->chrono_ticks[2] = READ(tcp_sock, socket, chrono_stat[2]);
  u64 running = BITS(tcp_sock, socket, chrono_type);  // 0: none, else one more than the index
  u32 runs_for = TicksSince(READ(tcp_sock, socket, chrono_start), now);
  if (running == 1) to->chrono_ticks[0] += runs_for;
  if (running == 2) to->chrono_ticks[1] += runs_for;
  if (running == 3) to->chrono_ticks[2] += runs_for;
  _Bool has_options = BITS(tcp_sock, socket, rx_opt.tstamp_ok) != 0 ||
                      BITS(tcp_sock, socket, rx_opt.wscale_ok) != 0 ||
                      BITS(tcp_sock, socket, rx_opt.sack_ok) != 0;
  to->flags |= WALK_HAS_TCP_INFO;
  if (has_options || to->rtt_us != 0 || READ(tcp_sock, socket, snd_wnd) != 0) {
    to->flags |= WALK_HAS_HEARD_PEER;
  }
}

// The inode of the cgroup that owns a socket; 0 if there is none.
static __always_inline u64 CgroupOf(u64 socket) {
  u64 cgroup = POINTER(sock, socket, sk_cgrp_data.cgroup);
  return cgroup == 0 ? 0 : READ(kernfs_node, POINTER(cgroup, cgroup, kn), id);
}

static __always_inline void WriteCgroup(struct walk_record* to, u64 socket) {
  to->cgroup_id = CgroupOf(socket);
  if (to->cgroup_id != 0) to->flags |= WALK_HAS_CGROUP;
}

// The network namespace of the process that runs the program.
static __always_inline u64 OwnNamespace(void) {
  u64 task = bpf_get_current_task();
  return POINTER(nsproxy, POINTER(task_struct, task, nsproxy), net_ns);
}

static __always_inline void WriteListener(struct walk_record* to, u64 socket) {
  to->receive_queue = READ(sock, socket, sk_ack_backlog);
  to->send_queue = READ(sock, socket, sk_max_ack_backlog);
  to->drops = (u32)READ(sock, socket, sk_drops.counter);
  to->address = socket;
  if (to->family == kIpv6 && BITS(sock_common, socket, skc_ipv6only) != 0) {
    to->flags |= WALK_IS_V6_ONLY;
  }
  to->flags |= WALK_HAS_DROPS;
}

// What a socket counts as: the kernel's number of its state.
static __always_inline u8 StateOf(u64 socket) {
  u8 state = READ(sock_common, socket, skc_state);
  if (state == kTcpTimeWait) return READ(inet_timewait_sock, socket, tw_substate);
  return state == kTcpNewSynRecv ? kTcpSynRecv : state;
}
