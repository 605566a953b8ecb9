/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tells on which stack the kernel runs a BPF program that is attached to something: on that of a
 * task, or on that of an interrupt.
 *
 * While a program runs on a CPU, the kernel does not start the same program there again. So what an
 * interrupt, or the softirq after it, does at that moment would not be seen. Therefore each event
 * is handled by one of two copies of a program: one for events on the stack of a task, one for
 * events on the stack of an interrupt. An interrupt may come while the first copy runs, but its
 * events are for the second copy. While the second copy runs, nothing else on this CPU changes the
 * state of a connection. So neither copy interrupts itself, and no event is missed.
 * kernel: __bpf_trace_run() in kernel/trace/bpf_trace.c, do_softirq_own_stack(). */
#pragma once

#include "kernel_namespaces.h"
#include "kernel_reads.h"

/* Bytes. kernel: THREAD_SIZE, 16 KiB on most machines, is not larger. */
enum { kLargestStack = 65536 };

/* An address that the verifier knows, as memory of the program and as a number. The process makes
 * it known to the programs once, by NoteLandmark(). */
u64 landmark;
volatile u64 landmark_address;

static __always_inline void NoteLandmark(void) { landmark_address = (u64)&landmark; }

/* A pointer that the verifier knows, as a number. The verifier takes the difference of two such
 * pointers for a number. The assembly makes the compiler subtract at once: it would otherwise begin
 * with `landmark_address - &landmark`, a number minus a pointer, which the verifier refuses. */
static __always_inline u64 NumberOf(const void* known) {
  u64 number = (u64)known;
  asm volatile("%0 -= %1" : "+r"(number) : "r"(&landmark));
  return number + landmark_address;
}

/* `arguments` are those of the program. The kernel has put them on the stack that it runs on. */
static __always_inline _Bool IsOnStackOfTask(const u64* arguments) {
  u64 stack = POINTER(task_struct, bpf_get_current_task(), stack);
  return NumberOf(arguments) - stack < kLargestStack;
}
