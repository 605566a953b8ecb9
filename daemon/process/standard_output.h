// Standard output, for the flags that print something and end.
#pragma once

#include <string_view>

namespace connwatch {

/// Prints all of `text`. Returns the exit code. If it fails, prints why to standard error.
int PrintToStandardOutput(std::string_view text);

}  // namespace connwatch
