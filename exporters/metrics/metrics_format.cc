#include "exporters/metrics/metrics_format.h"

#include <algorithm>
#include <array>

#include "exporters/http/weighted_list.h"

namespace connwatch {

namespace {

constexpr std::string_view kOpenMetricsVersion = "1.0.0";
constexpr std::string_view kTextVersion = "0.0.4";

bool IsVersion(const WeightedElement& element, std::string_view version) {
  const std::string_view asked = element.Parameter("version");
  return asked.empty() || asked == version;
}

// How exactly a range names the text format; 0 if not at all. The weight of the most exact range
// counts.
std::size_t PrecisionForText(const WeightedElement& range) {
  if (EqualsIgnoringCase(range.name, "text/plain") && IsVersion(range, kTextVersion)) return 3;
  if (EqualsIgnoringCase(range.name, "text/*")) return 2;
  return range.name == "*/*" ? 1 : 0;
}

}  // namespace

std::string_view ContentType(MetricsFormat format) {
  switch (format) {
    case MetricsFormat::kText:
      return "text/plain; version=0.0.4; charset=utf-8";
    case MetricsFormat::kOpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  return {};
}

MetricsFormat ChooseFormat(std::string_view accept) {
  int open_metrics = 0;
  std::array<int, 4> text{};  // by precision
  std::size_t precision = 0;
  ForEachElement(accept, [&](const WeightedElement& range) {
    if (EqualsIgnoringCase(range.name, "application/openmetrics-text") &&
        IsVersion(range, kOpenMetricsVersion)) {
      open_metrics = std::max(open_metrics, range.weight);
    }
    const std::size_t found = PrecisionForText(range);
    if (found == 0) return;
    text.at(found) = std::max(text.at(found), range.weight);
    precision = std::max(precision, found);
  });
  const bool wants = open_metrics > 0 && open_metrics >= text.at(precision);
  return wants ? MetricsFormat::kOpenMetrics : MetricsFormat::kText;
}

}  // namespace connwatch
