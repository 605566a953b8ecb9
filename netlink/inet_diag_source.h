// Socket dumps from this network namespace's kernel.
#pragma once

#include "core/sockets/socket_source.h"

namespace connwatch {

class InetDiagSource final : public SocketSource {
 public:
  enum class Walk {
    kBothFamilies,  // one walk; falls back to kPerFamily if the kernel refuses the request
    kPerFamily,     // IPv4, then IPv6
  };

  explicit InetDiagSource(Walk walk = Walk::kBothFamilies) : walk_(walk) {}

  /// Every dump has a socket of its own, so that an abandoned one leaves nothing behind. Needs no
  /// capability. Errors: no netlink socket (EPERM, EACCES, EMFILE, ...), or the request could not
  /// be sent.
  Result<std::unique_ptr<SocketDump>> Open(const DumpQuery& query) override;

 private:
  Walk walk_;
};

}  // namespace connwatch
