/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The members of the kernel's network namespaces and hash tables that the BPF programs read. See
 * kernel_types.h.
 * kernel: include/net/net_namespace.h, include/net/netns/ipv4.h, include/net/inet_hashtables.h. */
#pragma once

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  const void* ops;
  unsigned int inum;
};

struct inet_ehash_bucket {
  struct hlist_nulls_head chain;
};

struct inet_listen_hashbucket {
  struct hlist_nulls_head nulls_head;
};

struct inet_hashinfo {
  struct inet_ehash_bucket* ehash;
  unsigned int ehash_mask;
  unsigned int lhash2_mask;
  struct inet_listen_hashbucket* lhash2;
  _Bool pernet;
};

struct inet_timewait_death_row {
  struct inet_hashinfo* hashinfo;
};

struct local_ports {
  u32 range;
};

struct local_ports___old {  // until about 6.6
  int range[2];
};

struct netns_ipv4 {
  struct inet_timewait_death_row tcp_death_row;
  struct local_ports ip_local_ports;
  int sysctl_tcp_keepalive_time;
  u8 sysctl_tcp_syn_linear_timeouts;
};

struct netns_ipv4___old {
  struct local_ports___old ip_local_ports;
};

struct netns_mib {
  void* tcp_statistics;
  void* net_statistics;
};

struct net {
  struct list_head list;
  struct ns_common ns;
  u64 net_cookie;
  struct netns_mib mib;
  struct netns_ipv4 ipv4;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct nsproxy {
  struct net* net_ns;
};

struct task_struct {
  void* stack;
  struct nsproxy* nsproxy;
};

#pragma clang attribute pop
