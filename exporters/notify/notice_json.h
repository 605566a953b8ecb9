// A notice as JSON. Only for the .cc files that write notifications.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "exporters/json/json_values.h"

namespace connwatch {

/// {"name": "text"}, in the order of the pairs.
inline Json TextsAsJson(const std::vector<std::pair<std::string, std::string>>& texts) {
  Json object = Json::object();
  for (const auto& [name, text] : texts) object[name] = text;
  return object;
}

/// On one line. Bytes that are not UTF-8 are replaced.
inline std::string OnOneLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace connwatch
