#include "netlink/inet_diag_source.h"

#include "netlink/inet_diag_dump.h"

namespace connwatch {

Result<std::unique_ptr<SocketDump>> InetDiagSource::Open(const DumpQuery& query) {
  auto dump = walk_ == Walk::kBothFamilies ? InetDiagDump::Open({DumpRequest{query, std::nullopt}})
                                           : InetDiagDump::Open(InetDiagDump::PerFamily(query));
  if (!dump) return std::move(dump).error();
  return std::unique_ptr<SocketDump>(std::move(dump).value());
}

}  // namespace connwatch
