// Has the kernel give cookies to sockets, by asking inet_diag for single ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/sockets/cookie_giver.h"
#include "netlink/netlink_socket.h"

namespace connwatch {

class InetDiagCookies final : public CookieGiver {
 public:
  /// Errors: no netlink socket, the kernel does not take the requests, or an answer is lost.
  Result<std::vector<std::optional<std::uint64_t>>> GiveTo(
      std::span<const SocketRecord> records) override;
  Result<void> GiveToListeners() override;

 private:
  // One message to the kernel asks for so many sockets. All answers fit into the socket's queue.
  static constexpr std::size_t kBatch = 32;

  Result<void> Ask(std::span<const SocketRecord> records);
  // Reads the answers to the latest batch.
  Result<void> ReadAnswers(std::span<const SocketRecord> asked,
                           std::span<std::optional<std::uint64_t>> cookies);

  NetlinkSocket socket_;  // opened when it is first needed
  std::uint32_t sequence_ =
      0;  // of the first request of the batch in progress, else of the next one
};

}  // namespace connwatch
