#include "netlink/inet_diag_source.h"

#include "netlink/inet_diag_dump.h"

namespace connwatch {

Result<std::unique_ptr<SocketDump>> InetDiagSource::OpenFullDump() {
  auto dump = walk_ == Walk::kBothFamilies ? InetDiagDump::Open({DumpRequest{}})
                                           : InetDiagDump::Open(InetDiagDump::PerFamily());
  if (!dump) return std::move(dump).error();
  return std::unique_ptr<SocketDump>(std::move(dump).value());
}

}  // namespace connwatch
