#include "tests/fuzz/strict_page.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <system_error>

#include "tests/fuzz/require.h"

namespace connwatch {

namespace {

bool BeginsName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool IsInName(char c) { return BeginsName(c) || (c >= '0' && c <= '9'); }

// What is left of one line.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool Skip(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void Expect(std::string_view token) { Require(Skip(token)); }

  std::string TakeName() {
    Require(!rest_.empty() && BeginsName(rest_.front()));
    const auto end = std::ranges::find_if_not(rest_, IsInName);
    return std::string(Take(static_cast<std::size_t>(end - rest_.begin())));
  }

  // The value of a label, up to its second quote.
  std::string TakeQuoted() {
    Expect("\"");
    std::string plain;
    while (!Skip("\"")) plain += TakeCharacter("\\\"");
    return plain;
  }

  // The rest of the line. A backslash must be followed by an "n" or a character of `escaped`.
  std::string TakeText(std::string_view escaped) {
    std::string plain;
    while (!rest_.empty()) plain += TakeCharacter(escaped);
    return plain;
  }

  std::string_view TakeRest() { return Take(rest_.size()); }

 private:
  char TakeCharacter(std::string_view escaped) {
    Require(!rest_.empty());
    const char first = Take(1).front();
    Require(first == '\\' || escaped.find(first) == std::string_view::npos);
    if (first != '\\') return first;
    Require(!rest_.empty());
    const char second = Take(1).front();
    if (second == 'n') return '\n';
    Require(escaped.find(second) != std::string_view::npos);
    return second;
  }

  std::string_view Take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

class Page {
 public:
  explicit Page(MetricsFormat format) : is_open_metrics_(format == MetricsFormat::kOpenMetrics) {}

  void Read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      Require(end != std::string_view::npos && !is_ended_);
      ReadLine(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    Require(is_ended_ == is_open_metrics_);
  }

  std::vector<PageFamily> Take() && { return std::move(families_); }

 private:
  void ReadLine(std::string_view text) {
    Line line(text);
    if (text == "# EOF") {
      is_ended_ = true;
    } else if (line.Skip("# HELP ")) {
      PageFamily& family = FamilyOf(line, is_open_metrics_);
      line.Expect(" ");
      family.help = line.TakeText(is_open_metrics_ ? "\\\"" : "\\");
    } else if (line.Skip("# TYPE ")) {
      PageFamily& family = FamilyOf(line, !is_open_metrics_);
      line.Expect(" ");
      family.type = line.TakeRest();
      Require(family.type == "gauge" || family.type == "counter" || family.type == "histogram" ||
              family.type == "summary");
    } else if (line.Skip("# UNIT ")) {
      const std::string& name = FamilyOf(line, /*is_known=*/true).name;
      line.Expect(" ");
      Require(is_open_metrics_ && name.ends_with("_" + std::string(line.TakeRest())));
    } else {
      ReadSeries(line);
    }
  }

  // The family whose name comes next: the last one if it `is_known`, else a new one.
  PageFamily& FamilyOf(Line& line, bool is_known) {
    const std::string name = line.TakeName();
    if (!is_known) {
      Require(names_.insert(name).second);
      families_.push_back({.name = name});
    }
    Require(!families_.empty() && families_.back().name == name && families_.back().series.empty());
    return families_.back();
  }

  void ReadSeries(Line& line) {
    Require(!families_.empty() && !families_.back().type.empty());
    PageFamily& family = families_.back();
    PageSeries series{.name = line.TakeName()};
    Require(Belongs(series.name, family));
    if (line.Skip("{")) {
      do {
        std::string name = line.TakeName();
        line.Expect("=");
        series.labels.emplace_back(std::move(name), line.TakeQuoted());
      } while (line.Skip(","));
      line.Expect("}");
    }
    line.Expect(" ");
    series.value = ReadPageNumber(line.TakeRest());
    family.series.push_back(std::move(series));
  }

  bool Belongs(std::string_view series, const PageFamily& family) const {
    if (!series.starts_with(family.name)) return false;
    const std::string_view ending = series.substr(family.name.size());
    if (family.type == "histogram") {
      return ending == "_bucket" || ending == "_count" || ending == "_sum";
    }
    if (family.type == "summary") return ending == "_count" || ending == "_sum";
    return ending == (family.type == "counter" && is_open_metrics_ ? "_total" : "");
  }

  const bool is_open_metrics_;
  bool is_ended_ = false;
  std::set<std::string> names_;
  std::vector<PageFamily> families_;
};

}  // namespace

double ReadPageNumber(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf") return kInfinity;
  if (text == "-Inf") return -kInfinity;
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  Require(failure == std::errc{} && end == text.data() + text.size());
  Require(text.find_first_not_of("-+.0123456789e") == std::string_view::npos);
  return value;
}

std::vector<PageFamily> ReadStrictPage(std::string_view page, MetricsFormat format) {
  Page read(format);
  read.Read(page);
  return std::move(read).Take();
}

}  // namespace connwatch
