// Reads JSON as strictly as its strictest reader would.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/require.h"

namespace connwatch {

/// Requires that `text` is JSON in UTF-8 (RFC 8259) and that no object has a name twice.
inline nlohmann::json ReadStrictJson(std::string_view text) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto look = [&names](int /*depth*/, Event event, nlohmann::json& value) {
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event == Event::key) Require(names.back().insert(value.get<std::string>()).second);
    return true;
  };
  nlohmann::json json = nlohmann::json::parse(text, look, /*allow_exceptions=*/false);
  Require(!json.is_discarded());
  return json;
}

}  // namespace connwatch
