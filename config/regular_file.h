// Reads a file that a person named. It may turn out to be anything.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"

namespace connwatch {

/// Returns the content of `path`. Fails if `path` has a NUL, if it cannot be opened or read, if it
/// is no regular file (it does not wait for a FIFO or a device), or if it has more than
/// `max_bytes`. The error's context begins with what is wrong and does not name the file.
Result<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes);

}  // namespace connwatch
