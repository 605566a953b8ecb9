// The capabilities of the process, capabilities(7). The daemon needs some for moments of its start
// only: to load BPF programs, to listen on a port below 1024. Then it has none.
#pragma once

#include "core/base/result.h"

namespace connwatch {

/// Takes every capability from the calling thread, and the means to get one back: an executed
/// program has none either, whoever owns it (no_new_privs). Afterwards the effective, permitted,
/// inheritable and ambient sets are empty. Threads that are started later have none; threads that
/// run already keep theirs, so call it before the first one starts. It does nothing, and works in
/// every sandbox, where the sets are empty already. If it fails, the thread has what it had.
Result<void> DropCapabilities();

}  // namespace connwatch
