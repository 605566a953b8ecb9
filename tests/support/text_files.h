// Files of the source tree, as text.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace connwatch {

/// `name` is relative to the root of the tree. Empty where there is no such file.
inline std::string ReadSourceFile(const std::filesystem::path& name) {
  std::ostringstream text;
  text << std::ifstream(CONNWATCH_SOURCE_DIR / name).rdbuf();
  return text.str();
}

}  // namespace connwatch
