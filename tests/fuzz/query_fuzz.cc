// Any bytes as a query: either parameters that are known and differ, or one mistake within.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "exporters/http/query.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::Require;

constexpr std::array<std::string_view, 3> kKnown = {"limit", "offset", "group"};

void CheckMistake(const connwatch::QueryMistake& mistake, std::size_t size) {
  constexpr std::size_t kLongest = 200;
  Require(mistake.position >= 1 && mistake.position <= size + 1);
  Require(!mistake.text.empty() && mistake.text.size() <= kLongest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(bytes, bytes + size);
  const auto result = connwatch::ParseQuery(text, kKnown);
  if (const auto* mistake = std::get_if<connwatch::QueryMistake>(&result)) {
    CheckMistake(*mistake, size);
    return 0;
  }
  const auto& query = std::get<connwatch::Query>(result);
  Require(query.size() <= kKnown.size());
  for (const connwatch::QueryParameter& parameter : query) {
    Require(std::ranges::find(kKnown, parameter.name) != kKnown.end());
    Require(parameter.name_position < parameter.value_position);
    Require(parameter.value_position <= size + 1);
    Require(parameter.value.find('\0') == std::string::npos);
  }
  const auto paging = connwatch::ReadPaging(query);
  if (const auto* mistake = std::get_if<connwatch::QueryMistake>(&paging)) {
    CheckMistake(*mistake, size);
  } else {
    const auto& page = std::get<connwatch::Paging>(paging);
    Require(page.limit >= 1 && page.limit <= connwatch::Paging::kMaxLimit);
    Require(page.offset <= connwatch::Paging::kMaxOffset);
  }
  return 0;
}
