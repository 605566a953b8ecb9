/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The members of the kernel's structs that the BPF programs read, and no others. The compiler
 * writes down which member of which struct each instruction means (preserve_access_index), and
 * libbpf puts in the offsets of the running kernel when it loads the program. So neither the order
 * nor the offsets here matter, only names.
 * Names after three underscores are other versions of the same struct. This file has what the other
 * two, kernel_namespaces.h and kernel_sockets.h, are made of. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

/* What bpf_helper_defs.h expects. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;

/* kernel: include/uapi/linux/bpf.h */
enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_NO_PREALLOC = 1 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
  struct list_head* next;
};

typedef struct {
  s64 counter;
} atomic64_t;

typedef struct {
  int counter;
} atomic_t;

typedef struct refcount_struct {
  atomic_t refs;
} refcount_t;

struct timespec64 {
  s64 tv_sec;
};

struct hlist_node {
  struct hlist_node* next;
  struct hlist_node** pprev;
};

struct hlist_nulls_node {
  struct hlist_nulls_node* next;
};

struct hlist_nulls_head {
  struct hlist_nulls_node* first;
};

struct timer_list {
  struct hlist_node entry;
  unsigned long expires;
};

struct in6_addr {
  union {
    __be32 u6_addr32[4];
  } in6_u;
};

/* BPF itself: the address of a map's memory. */

struct bpf_array {
  void* pptrs[0];
};

#pragma clang attribute pop

/* libbpf's own macros and helpers, which use the types above. */
/* clang-format off */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
/* clang-format on */
