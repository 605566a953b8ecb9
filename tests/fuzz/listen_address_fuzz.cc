// Any bytes as a listen address: one that is accepted is written as it is read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "exporters/server/listen_address.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  const auto address = connwatch::ParseListenAddress(std::string(bytes, bytes + size));
  if (!address) return 0;
  const auto again = connwatch::ParseListenAddress(address->ToString());
  Require(static_cast<bool>(again));
  Require(again->host == address->host && again->port == address->port &&
          again->unix_path == address->unix_path);
  return 0;
}
