// The daemon's own process, as proc(5) shows it. Read by procfs/, part of a Report.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/instant.h"

namespace connwatch {

/// A value that could not be read is absent.
struct ProcessStats {
  std::optional<std::chrono::milliseconds> cpu;
  std::optional<Instant> started;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
  std::optional<std::uint64_t> threads;
};

}  // namespace connwatch
