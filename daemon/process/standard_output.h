// What a call that is no daemon prints.
#pragma once

#include <string_view>

namespace connwatch {

/// All of it or a failure; logs the failure and returns the exit code.
int PrintToStandardOutput(std::string_view text);

}  // namespace connwatch
