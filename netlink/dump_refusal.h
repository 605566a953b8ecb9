// What an error says about the kernel that answered a dump's request with it. Pure; InetDiagDump
// acts on it.
#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace connwatch {

/// How far a dump has come.
struct DumpStage {
  bool is_both_families = false;  // by the legacy request
  bool has_records = false;
};

enum class DumpRefusal : std::uint8_t {
  kNone,          // the dump has failed, as any may
  kBothFamilies,  // the kernel does not know the legacy request: each family must be asked for
                  // alone
  kAnyDump,       // the kernel offers no dump of TCP sockets
};

/// A kernel that has sent records refuses nothing, whatever the error.
DumpRefusal RefusalIn(const Error& error, const DumpStage& stage);

}  // namespace connwatch
