#include "exporters/metrics/text_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace connwatch {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kCounterEnding = "_total";

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
    default:
      return "untyped";
  }
}

// OpenMetrics: a unit must be the last part of the family's name.
std::string_view UnitOf(std::string_view family_name) {
  for (const std::string_view ending : {"_seconds", "_bytes", "_ratio"}) {
    if (family_name.ends_with(ending)) return ending.substr(1);
  }
  return {};
}

class Writer {
 public:
  explicit Writer(MetricsFormat format) : is_open_metrics_(format == MetricsFormat::kOpenMetrics) {}

  void Write(const MetricFamily& family) {
    const std::string_view name = FamilyName(family);
    if (is_open_metrics_) {
      Append("# TYPE ", name, " ", TypeName(family.type), "\n");
      const std::string_view unit = UnitOf(name);
      if (!unit.empty()) Append("# UNIT ", name, " ", unit, "\n");
      Append("# HELP ", name, " ");
      AppendEscaped(family.help, "\\\n\"");
      Append("\n");
    } else {
      Append("# HELP ", name, " ");
      AppendEscaped(family.help, "\\\n");
      Append("\n# TYPE ", name, " ", TypeName(family.type), "\n");
    }
    for (const ClientMetric& metric : family.metric) WriteSeries(family, metric);
  }

  std::string Take() && {
    if (is_open_metrics_) Append("# EOF\n");
    return std::move(text_);
  }

 private:
  // OpenMetrics: the family of the counter a_total is called a.
  std::string_view FamilyName(const MetricFamily& family) const {
    std::string_view name = family.name;
    const bool is_cut = is_open_metrics_ && family.type == MetricType::Counter;
    if (is_cut && name.ends_with(kCounterEnding)) name.remove_suffix(kCounterEnding.size());
    return name;
  }

  void WriteSeries(const MetricFamily& family, const ClientMetric& metric) {
    SetLabels(metric.label);
    if (family.type == MetricType::Gauge) WriteLine(family.name, "", metric.gauge.value);
    if (family.type == MetricType::Counter) WriteLine(family.name, "", metric.counter.value);
    if (family.type == MetricType::Histogram) WriteHistogram(family.name, metric.histogram);
    if (family.type == MetricType::Summary) WriteSummary(family.name, metric.summary);
  }

  void WriteHistogram(std::string_view name, const ClientMetric::Histogram& histogram) {
    WriteLine(name, "_count", histogram.sample_count);
    WriteLine(name, "_sum", histogram.sample_sum);
    for (const auto& bucket : histogram.bucket) {
      Append(name, "_bucket{", labels_, labels_.empty() ? "le=\"" : ",le=\"");
      AppendBound(bucket.upper_bound);
      Append("\"} ");
      AppendNumber(bucket.cumulative_count);
      text_ += '\n';
    }
  }

  void WriteSummary(std::string_view name, const ClientMetric::Summary& summary) {
    WriteLine(name, "_count", summary.sample_count);
    WriteLine(name, "_sum", summary.sample_sum);
  }

  // OpenMetrics: canonical numbers; one that consists of digits only ends in ".0".
  void AppendBound(double bound) {
    const std::size_t begin = text_.size();
    AppendNumber(bound);
    const bool has_only_digits = text_.find_first_not_of("-0123456789", begin) == std::string::npos;
    if (is_open_metrics_ && has_only_digits) text_ += ".0";
  }

  // Written only once for all lines of a series.
  void SetLabels(const std::vector<ClientMetric::Label>& labels) {
    const std::size_t begin = text_.size();
    for (const ClientMetric::Label& label : labels) {
      Append(text_.size() == begin ? "" : ",", label.name, "=\"");
      AppendEscaped(label.value, "\\\n\"");
      text_ += '"';
    }
    labels_.assign(text_, begin);
    text_.resize(begin);
  }

  void WriteLine(std::string_view name, std::string_view suffix, auto value) {
    Append(name, suffix);
    if (!labels_.empty()) Append("{", labels_, "}");
    text_ += ' ';
    AppendNumber(value);
    text_ += '\n';
  }

  void Append(const auto&... parts) { (text_.append(parts), ...); }

  // Appends `value` with a backslash before each character of `special`. A line feed becomes \n.
  void AppendEscaped(std::string_view value, std::string_view special) {
    while (true) {
      const std::size_t end = value.find_first_of(special);
      text_.append(value.substr(0, end));
      if (end == std::string_view::npos) return;
      text_ += '\\';
      text_ += value[end] == '\n' ? 'n' : value[end];
      value.remove_prefix(end + 1);
    }
  }

  void AppendNumber(std::uint64_t number) { AppendChars(number); }

  // Appends the shortest form that reads back as the same number. Whole numbers get every digit.
  void AppendNumber(double number) {
    constexpr double kMaxWhole = 9'007'199'254'740'992;  // 2^53
    if (std::isnan(number)) {
      text_ += "NaN";
    } else if (std::isinf(number)) {
      text_ += number > 0 ? "+Inf" : "-Inf";
    } else if (std::abs(number) <= kMaxWhole && std::trunc(number) == number) {
      AppendChars(static_cast<std::int64_t>(number));
    } else {
      AppendChars(number, std::chars_format::general);
    }
  }

  void AppendChars(auto... number) {
    constexpr std::size_t kLongest = 32;
    std::array<char, kLongest> digits{};
    const auto* const end =
        std::to_chars(digits.data(), digits.data() + digits.size(), number...).ptr;
    text_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  const bool is_open_metrics_;
  std::string text_;
  std::string labels_;  // of the series in progress: a="b",c="d"
};

}  // namespace

std::string ToTextFormat(std::span<const MetricFamily> families, MetricsFormat format) {
  Writer writer(format);
  for (const MetricFamily& family : families) writer.Write(family);
  return std::move(writer).Take();
}

}  // namespace connwatch
