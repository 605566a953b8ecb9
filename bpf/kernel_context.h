/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lets each event be handled exactly once by a BPF program that is attached to something.
 *
 * While a program runs on a CPU, the kernel does not start the same program there again. So it
 * would not see what an interrupt, or the softirq after it, does at that moment. Therefore two
 * copies of the program are attached, which the kernel runs one after the other for each event. An
 * interrupt comes while at most one of them runs, so at least the other one sees its event. The
 * copy that sees an event first handles it and makes a note, by which the other one knows.
 * kernel: __bpf_trace_run() in kernel/trace/bpf_trace.c, do_softirq_own_stack(). */
#pragma once

#include "kernel_namespaces.h"
#include "kernel_reads.h"

/* An address that the verifier knows, as memory of the program and as a number. */
u64 landmark;
volatile u64 landmark_address;
/* Of the stack of a task, in bytes. kernel: THREAD_SIZE, 16 KiB on most machines. The stack of an
 * interrupt can lie right behind that of a task, so neither more nor less will do. */
volatile u64 stack_bytes;

/* A pointer that the verifier knows, as a number. The verifier takes the difference of two such
 * pointers for a number. The assembly makes the compiler subtract at once: it would otherwise begin
 * with `landmark_address - &landmark`, a number minus a pointer, which the verifier refuses. */
static __always_inline u64 NumberOf(const void* known) {
  u64 number = (u64)known;
  asm volatile("%0 -= %1" : "+r"(number) : "r"(&landmark));
  return number + landmark_address;
}

/* How far above the beginning of the task's stack something is. */
static __always_inline u64 PlaceInStack(const void* known) {
  return NumberOf(known) - POINTER(task_struct, bpf_get_current_task(), stack);
}

/* The process runs this once, by a system call, before anything is attached. Such a call is near
 * the upper end of the stack, from which the stack grows downwards, and the program's own variables
 * are on it. The size is a power of two. */
static __always_inline void NoteStack(void) {
  enum { kLeast = 16384, kMost = 65536 };
  landmark_address = (u64)&landmark;
  volatile u64 here = 0;
  const u64 place = PlaceInStack((const void*)&here);
  u64 size = kLeast;
  while (size < kMost && size <= place) size *= 2;
  stack_bytes = size;
}

/* `arguments` are those of the program. The kernel has put them on the stack that it runs on. */
static __always_inline _Bool IsOnStackOfTask(const u64* arguments) {
  return PlaceInStack(arguments) < stack_bytes;
}

/* The event that a copy has handled last and that the other one has not seen yet, or 0. The events
 * of a task and those of an interrupt have a note each, since one can come in the midst of the
 * other. Events of the same kind do not meet on a CPU. */
struct handled_events {
  u64 of_task;
  u64 of_interrupt;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct handled_events);
} handled SEC(".maps");

/* True iff the caller shall handle an event: no copy has done so yet. `event` is a number that two
 * events in a row do not share, and not 0. `arguments` are those of the program. */
static __always_inline _Bool TakeEvent(u64 event, const u64* arguments) {
  const u32 only = 0;
  struct handled_events* notes = bpf_map_lookup_elem(&handled, &only);
  if (notes == 0) return 0; /* there always is one; the verifier does not know */
  u64* note = &notes->of_interrupt;
  if (IsOnStackOfTask(arguments)) {
    note = &notes->of_task;
    /* A copy that was interrupted has not seen the event of that interrupt. */
    notes->of_interrupt = 0;
  }
  const _Bool is_new = *note != event;
  *note = is_new ? event : 0;
  return is_new;
}
