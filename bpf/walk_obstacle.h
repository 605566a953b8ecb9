// Finds out why the kernel does not let this process load a BPF program.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"

namespace connwatch {

/// What already shows before a program is loaded: a whole sentence that says what is missing, and
/// what to do about it. The code is EPERM if that is a permission. nullopt if nothing is missing.
std::optional<Error> FindObstacle();

/// The same, after the kernel has refused the program with the errno `code`. `log` is what libbpf
/// said; its last line is quoted if nothing else explains the refusal.
std::string ExplainRefusal(int code, const std::string& log);

}  // namespace connwatch
