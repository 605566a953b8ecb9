// The two formats of the metrics page, and which of them a client wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace connwatch {

enum class MetricsFormat : std::uint8_t {
  kText,         // Prometheus text exposition format 0.0.4
  kOpenMetrics,  // OpenMetrics 1.0.0
};

inline constexpr std::size_t kMetricsFormatCount = 2;

constexpr std::size_t IndexOf(MetricsFormat format) { return static_cast<std::size_t>(format); }

/// The value of the Content-Type header.
std::string_view ContentType(MetricsFormat format);

/// Chooses by an Accept header (RFC 9110 section 12.5.1). Returns OpenMetrics only if the header
/// names it, in version 1.0.0 or without a version, and does not prefer the text format. Returns
/// the text format in all other cases, even if the header admits neither.
MetricsFormat ChooseFormat(std::string_view accept);

}  // namespace connwatch
