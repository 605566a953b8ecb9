#include "netlink/dump_refusal.h"

#include <cerrno>

namespace connwatch {

DumpRefusal RefusalIn(const Error& error, const DumpStage& stage) {
  if (stage.has_records) return DumpRefusal::kNone;
  const bool refuses_request = error.code == EOPNOTSUPP || error.code == EINVAL;
  if (refuses_request && stage.is_both_families) return DumpRefusal::kBothFamilies;
  // kernel: inet_diag_lock_handler() is ENOENT if no module dumps TCP sockets.
  const bool lacks_inet_diag = refuses_request || error.code == ENOENT;
  return lacks_inet_diag ? DumpRefusal::kAnyDump : DumpRefusal::kNone;
}

}  // namespace connwatch
