// Why HTTP clients were turned away, and how many: counted by the WebGuard, part of a Snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

enum class WebRefusal : std::uint8_t {
  kConnectionLimit,  // closed to make room for another connection
  kTls,              // no TLS handshake that will do
  kTimeout,          // request line and headers were not whole in time
  kIncomplete,       // the connection ended before they were whole
  kAmbiguous,        // 400: the headers can be read in two ways
  kBody,             // 413: a body is announced
  kRateLimit,        // 429: more requests than rate_limit permits
  kLogin,            // 401: no password, or a wrong one
  kLoginLimit,       // 429: too many wrong passwords before
};

inline constexpr std::array kWebRefusals = {
    WebRefusal::kConnectionLimit, WebRefusal::kTls,       WebRefusal::kTimeout,
    WebRefusal::kIncomplete,      WebRefusal::kAmbiguous, WebRefusal::kBody,
    WebRefusal::kRateLimit,       WebRefusal::kLogin,     WebRefusal::kLoginLimit,
};

/// 0 to kWebRefusals.size() - 1, for tables by reason.
constexpr std::size_t IndexOf(WebRefusal refusal) { return static_cast<std::size_t>(refusal); }

/// How often, by IndexOf, since the start.
using WebRefusalCounts = std::array<std::uint64_t, kWebRefusals.size()>;

/// The value of the `reason` label: "connection_limit", "tls", ...
std::string_view Name(WebRefusal refusal);

}  // namespace connwatch
