// Any bytes as the value, and up to the first colon as the name, of every header that is looked at.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "exporters/access/basic_credentials.h"
#include "exporters/http/accept_encoding.h"
#include "exporters/http/request_framing.h"
#include "exporters/metrics/metrics_format.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

void CheckCredentials(std::string_view text) {
  const auto credentials = connwatch::ParseBasicCredentials(text);
  if (!credentials) return;
  Require(credentials->user.find(':') == std::string::npos);
  Require(credentials->password.find('\0') == std::string::npos);
  Require(credentials->user.size() + credentials->password.size() < text.size());
}

void CheckFraming(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  connwatch::RequestFraming framing;
  framing.Take(text.substr(0, colon), text.substr(colon + 1));
  Require(framing.IsAmbiguous() || text.find_first_of("\r\n") == std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  CheckCredentials(text);
  CheckFraming(text);
  Require(!text.empty() || !connwatch::AcceptsGzip(text));
  connwatch::ChooseFormat(text);
  return 0;
}
