// The only way in which this folder reads a number out of the kernel's bytes.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace connwatch {

/// Returns the T whose bytes begin at `offset`, or nullopt if `bytes` ends before it does. `bytes`
/// need not be aligned.
template <typename T>
std::optional<T> LoadAt(std::span<const std::byte> bytes, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

}  // namespace connwatch
