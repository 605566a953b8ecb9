// Reads the kernel's counters and limits, and reports once what it could not read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "core/base/result.h"
#include "core/kernel/kernel_stats.h"

namespace connwatch {

class KernelReader {
 public:
  /// Takes a line for the log: something begins to fail, or works again.
  using Log = std::function<void(bool is_failure, const std::string& line)>;

  explicit KernelReader(Log log) : log_(std::move(log)) {}

  /// Leaves out what cannot be read. Each such part is logged when it begins to fail and when it
  /// works again.
  KernelStats Read();
  /// Returns one of the counters, nullopt if it cannot be read. Logs like Read().
  std::optional<std::uint64_t> ReadListenDrops();

 private:
  template <typename T>
  std::optional<T> Keep(const std::string& name, Result<T> read);
  std::optional<KernelCounters> ReadCounters();

  const Log log_;
  std::set<std::string> failing_;
};

}  // namespace connwatch
