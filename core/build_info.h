// What was built: the labels of connwatch_build_info and the answer to --version.
#pragma once

#include <string>

namespace connwatch {

struct BuildInfo {
  std::string version;   // "0.1.0"
  std::string revision;  // commit, or "unknown"
  std::string compiler;  // "gcc 12.2.0"
};

/// Returns the values for this program. The build sets them.
BuildInfo ThisBuild();

}  // namespace connwatch
