/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where the kernel runs a BPF program that is attached to something: on the stack of a task, or on
 * that of an interrupt.
 *
 * The kernel does not run a program on a CPU that is in the midst of the same program: what happens
 * there in an interrupt, or in the softirq after it, is not told. So each event is handled by one
 * of two copies of a program, one for tasks and one for interrupts. An interrupt may come while the
 * first copy runs. Nothing that changes the state of a connection comes while the second one runs.
 * So neither copy meets itself, and no event is missed.
 * kernel: __bpf_trace_run() in kernel/trace/bpf_trace.c, do_softirq_own_stack(). */
#pragma once

#include "kernel_namespaces.h"
#include "kernel_reads.h"

enum { kLargestStack = 65536 };

/* An address that the verifier knows, as memory of the program and as a number. The process makes
 * it known to the programs once, by NoteLandmark(). */
u64 landmark;
volatile u64 landmark_address;

static __always_inline void NoteLandmark(void) { landmark_address = (u64)&landmark; }

/* A pointer that the verifier knows, as a number. The difference of two such pointers is one, but
 * the compiler must not put off the subtraction. */
static __always_inline u64 NumberOf(const void* known) {
  u64 number = (u64)known;
  asm volatile("%0 -= %1" : "+r"(number) : "r"(&landmark));
  return number + landmark_address;
}

/* `arguments` are those of the program, which the kernel has put on its stack. */
static __always_inline _Bool IsOnStackOfTask(const u64* arguments) {
  u64 stack = POINTER(task_struct, bpf_get_current_task(), stack);
  return NumberOf(arguments) - stack < kLargestStack;
}
