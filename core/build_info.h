// What was built: the labels of connwatch_build_info and the answer to --version.
#pragma once

#include <string>

namespace connwatch {

struct BuildInfo {
  std::string version;   // "0.1.0"
  std::string revision;  // commit, or "unknown"
  std::string compiler;  // "gcc 12.2.0"
};

/// Of this program. The build passes the values in.
BuildInfo ThisBuild();

}  // namespace connwatch
