// Which keys of the configuration a reload does not change. The one table of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace connwatch {

/// All of them, in the order of connwatch.yaml. A name that ends in ":" stands for every key below.
std::span<const std::string_view> RestartKeys();

/// Returns those of them whose value differs between the two.
std::vector<std::string_view> ChangedRestartKeys(const Config& before, const Config& after);

}  // namespace connwatch
