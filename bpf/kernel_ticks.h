/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Spans in ticks of the kernel's clock (jiffies). `now` is when a program has read the clock. */
#pragma once

#include "kernel_types.h"

static __always_inline u32 TicksUntil(u64 ticks, u64 now) {
  s64 left = (s64)(ticks - now);
  return left > 0 ? (u32)left : 0;
}

/* How long ago `then` was. A walk reads the clock when it begins, and a socket may be used after
 * that: then no time has passed. A `then` that is further ahead than a minute or so was long ago,
 * because the clock has only 32 bits. */
static __always_inline u32 TicksSince(u32 then, u32 now) {
  const u32 most_ahead = 1 << 16;
  return then - now < most_ahead ? 0 : now - then;
}
