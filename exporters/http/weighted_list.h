// The lists of HTTP's content negotiation: "gzip, br;q=0.5", "text/plain;version=0.0.4;q=0.1" (RFC
// 9110 sections 5.6.1 and 12.4.2). Read leniently, because the client may be any program: what
// cannot be read is skipped.
#pragma once

#include <string_view>

namespace connwatch {

/// One element of a list, as a view into the header.
struct WeightedElement {
  static constexpr int kFullWeight = 1'000;

  std::string_view name;        // "gzip", "text/plain"
  std::string_view parameters;  // "version=0.0.4;q=0.1"
  int weight = kFullWeight;     // in thousandths; 0 means refused

  /// The value of a parameter, without its quotes; empty if there is none.
  std::string_view Parameter(std::string_view parameter_name) const;
};

/// Compares as HTTP compares tokens.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

/// Cuts the first element off `rest` and returns it. Its name is empty if there is none.
WeightedElement TakeElement(std::string_view& rest);

/// Calls `use` with every element.
template <typename Use>
void ForEachElement(std::string_view header, Use use) {
  while (!header.empty()) {
    const WeightedElement element = TakeElement(header);
    if (!element.name.empty()) use(element);
  }
}

}  // namespace connwatch
