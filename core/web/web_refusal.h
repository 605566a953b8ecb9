// Why HTTP clients were refused, and how many. Counted by the WebGuard, part of a Report.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

/// In the order of the page and of docs/metrics.md.
enum class WebRefusal : std::uint8_t {
  kConnectionLimit,  // the connection was closed to make room for another
  kAddressLimit,     // the same, or the new one was refused: its address has too many
  kSlowReader,       // the replies that clients did not read took too much memory
  kTls,              // the TLS handshake failed
  kTimeout,          // request line and headers were not complete in time
  kMalformed,        // request line or headers were malformed, too large or cut off
  kRateLimit,        // 429: more requests than rate_limit permits
  kLoginLimit,       // 429: too many wrong passwords before
  kLogin,            // 401: no password, or a wrong one
  kAmbiguous,        // 400: the headers can be read in two ways
  kBody,             // 413: the request announces a body
  kShortage,         // clients had to wait, because there was no descriptor or memory for them
  kForeign,          // 403: a web page of somebody else may have sent the request
};

inline constexpr std::array kWebRefusals = {
    WebRefusal::kConnectionLimit,
    WebRefusal::kAddressLimit,
    WebRefusal::kSlowReader,
    WebRefusal::kTls,
    WebRefusal::kTimeout,
    WebRefusal::kMalformed,
    WebRefusal::kRateLimit,
    WebRefusal::kLoginLimit,
    WebRefusal::kLogin,
    WebRefusal::kAmbiguous,
    WebRefusal::kBody,
    WebRefusal::kShortage,
    WebRefusal::kForeign,
};

/// 0 to kWebRefusals.size() - 1, for tables by reason.
constexpr std::size_t IndexOf(WebRefusal refusal) { return static_cast<std::size_t>(refusal); }
static_assert(IndexOf(kWebRefusals.back()) + 1 == kWebRefusals.size());

/// Refusals since the daemon started, by IndexOf.
using WebRefusalCounts = std::array<std::uint64_t, kWebRefusals.size()>;

/// The value of the `reason` label: "connection_limit", "tls", ...
std::string_view Name(WebRefusal refusal);

}  // namespace connwatch
