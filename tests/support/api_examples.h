// docs/api.md as what the JSON API is held to.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/text_files.h"

namespace connwatch {

using ApiExample = std::pair<std::string, std::optional<std::string>>;  // path, answer

// The block below the line "`GET path`".
inline std::string ApiExampleOf(const std::string& document, const std::string& path) {
  const std::string head = "`GET " + path + "`\n\n```json\n";
  const std::size_t begin = document.find(head);
  if (begin == std::string::npos) return {};
  const std::size_t end = document.find("```\n", begin + head.size());
  return document.substr(begin + head.size(), end - begin - head.size());
}

inline void UpdateApiExamples(const std::vector<ApiExample>& examples) {
  std::string document = ReadSourceFile("docs/api.md");
  for (const auto& [path, answer] : examples) {
    const std::string head = "`GET " + path + "`\n\n```json\n";
    const std::string block = head + ApiExampleOf(document, path) + "```\n";
    const std::size_t begin = document.find(block);
    if (begin == std::string::npos) continue;
    document.replace(begin, block.size(), head + answer.value() + "```\n");
  }
  std::ofstream(CONNWATCH_SOURCE_DIR / std::filesystem::path("docs/api.md")) << document;
}

/// The answers are those in docs/api.md. After an intended change: CONNWATCH_UPDATE_GOLDEN=1
/// build/dev/exporters_test, and read the diff.
inline void ExpectDocumented(const std::vector<ApiExample>& examples) {
  if (std::getenv("CONNWATCH_UPDATE_GOLDEN") != nullptr) UpdateApiExamples(examples);
  const std::string documented = ReadSourceFile("docs/api.md");
  for (const auto& [path, answer] : examples) {
    EXPECT_EQ(answer, ApiExampleOf(documented, path)) << path;
  }
}

/// Every field of the object has its row in docs/api.md.
inline void ExpectExplained(const nlohmann::json& object) {
  const std::string documented = ReadSourceFile("docs/api.md");
  for (const auto& [key, value] : object.items()) {
    EXPECT_THAT(documented, testing::HasSubstr("`" + key + "`"));
  }
}

}  // namespace connwatch
