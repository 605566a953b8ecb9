/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How the BPF programs read the kernel's memory. To them every address is only a number: whatever
 * is there may have changed its meaning. A read that faults yields 0. */
#pragma once

#include "kernel_types.h"

// Reads memory directly (from Linux 6.2 on), not through a helper for each field. 0 or 1; decided
// by the process before the program is loaded, so that the verifier drops what is not used.
const volatile u32 has_direct_reads = 0;

extern void* bpf_rdonly_cast(const void* address, u32 type_id) __ksym __weak;

// A struct at an address that is only a number to the verifier.
#define AT(type, address) \
  ((struct type*)bpf_rdonly_cast((void*)(address), bpf_core_type_id_kernel(struct type)))

// A member of a struct at an address.
#define READ(type, address, member)                                         \
  ({                                                                        \
    const u64 _at = (u64)(address);                                         \
    typeof(((struct type*)0)->member) _value;                               \
    if (has_direct_reads) {                                                 \
      _value = AT(type, _at)->member;                                       \
    } else {                                                                \
      bpf_core_read(&_value, sizeof(_value), &((struct type*)_at)->member); \
    }                                                                       \
    _value;                                                                 \
  })

// The address of a member, as a number.
#define PLACE(type, address, member) \
  ((u64)(address) + bpf_core_field_offset(((struct type*)0)->member))

// Eight bytes, as a number whatever they are. To the verifier they are the first member of a struct
// that begins with a number of eight bytes.
static __always_inline u64 ReadWord(u64 address) {
  u64 word = 0;
  if (has_direct_reads) {
    word = (u64)AT(timespec64, address)->tv_sec;
  } else {
    bpf_probe_read_kernel(&word, sizeof(word), (void*)address);
  }
  return word;
}

// A pointer, as a number.
#define POINTER(type, address, member) ReadWord(PLACE(type, address, member))

// A bit field. The machine is little-endian: the build sees to that.
#define BITS(type, address, member)                                                                \
  ({                                                                                               \
    u64 _word = ReadWord((u64)(address) + __builtin_preserve_field_info(((struct type*)0)->member, \
                                                                        BPF_FIELD_BYTE_OFFSET));   \
    _word <<= __builtin_preserve_field_info(((struct type*)0)->member, BPF_FIELD_LSHIFT_U64);      \
    _word >> __builtin_preserve_field_info(((struct type*)0)->member, BPF_FIELD_RSHIFT_U64);       \
  })
