// Reads a file that a person named, which may turn out to be anything.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"

namespace connwatch {

/// The content of `path`. Fails where it cannot be opened or read, is no regular file (a FIFO or a
/// device is not waited for) or holds more than `max_bytes`. The error's context begins with what
/// is wrong and does not name the file.
Result<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes);

}  // namespace connwatch
