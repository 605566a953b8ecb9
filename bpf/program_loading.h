// What loading any BPF program takes: the log of libbpf, the kernel's types, and what the log says
// to people.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/result.h"

struct btf;  // libbpf

namespace connwatch {

struct FreeBtf {
  void operator()(btf* types) const;
};
using KernelTypes = std::unique_ptr<btf, FreeBtf>;

/// Finds out whether BPF programs can be loaded, and begins a new log. An error is a whole sentence
/// for people.
Result<void> BeginLoading();
/// What to tell people if libbpf has failed with this errno since BeginLoading().
Error LoadingFailed(int code);

/// nullptr if the kernel does not show its types; errno says why.
KernelTypes LoadKernelTypes();
/// True iff programs may read memory directly (from Linux 6.2 on), see kernel_reads.h.
bool HasDirectReads(const btf& kernel_types);

/// How many ticks the kernel's clock has in a second, from the same time in both units. kernel:
/// CONFIG_HZ is 100, 250, 300 or 1000 nearly everywhere. An error is a whole sentence.
Result<std::uint32_t> TicksPerSecond(std::uint64_t ticks, std::uint64_t seconds);

}  // namespace connwatch
