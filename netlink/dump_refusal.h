// Finds out from the error that answered a dump's request what the kernel does not support. Pure.
// InetDiagDump acts on the result.
#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace connwatch {

/// How far a dump has come.
struct DumpStage {
  bool is_both_families = false;  // asked for by the legacy request
  bool has_records = false;
};

enum class DumpRefusal : std::uint8_t {
  kNone,          // an ordinary failure of this dump
  kBothFamilies,  // the kernel does not know the legacy request: each family must be asked for
                  // alone
  kAnyDump,       // the kernel supports no dump of TCP sockets
};

/// Returns kNone if the kernel has already sent records, whatever the error is.
DumpRefusal RefusalIn(const Error& error, const DumpStage& stage);

}  // namespace connwatch
