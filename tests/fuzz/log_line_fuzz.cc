// Any bytes as a message of the log: as JSON it is one line that reads as the message.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/process/json_string.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_json.h"
#include "tests/fuzz/utf8_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::Require;
  const std::string text(bytes, bytes + size);
  const std::string line = R"({"message":")" + connwatch::InsideOfJsonString(text) + R"("})";
  Require(std::ranges::all_of(line, [](char c) { return static_cast<std::uint8_t>(c) >= ' '; }));
  const auto message = connwatch::ReadStrictJson(line).at("message").get<std::string>();
  Require(connwatch::IsUtf8(text) ? message == text : message.size() >= text.size());
  return 0;
}
