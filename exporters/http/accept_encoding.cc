#include "exporters/http/accept_encoding.h"

#include <optional>

#include "exporters/http/weighted_list.h"

namespace connwatch {

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<bool> gzip;
  std::optional<bool> any;
  ForEachElement(accept_encoding, [&](const WeightedElement& element) {
    const bool is_admitted = element.weight > 0;
    if (EqualsIgnoringCase(element.name, "gzip") || EqualsIgnoringCase(element.name, "x-gzip")) {
      gzip = is_admitted;
    } else if (element.name == "*") {
      any = is_admitted;
    }
  });
  return gzip.value_or(any.value_or(false));
}

}  // namespace connwatch
