// The keys of the configuration that a reload does not change. This is the only table of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace connwatch {

/// Returns all of them, in the order of connwatch.yaml. A name that ends in ":" means every key
/// below it.
std::span<const std::string_view> RestartKeys();

/// Returns the keys among them whose value differs between `before` and `after`.
std::vector<std::string_view> ChangedRestartKeys(const Config& before, const Config& after);

}  // namespace connwatch
