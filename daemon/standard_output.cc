#include "daemon/standard_output.h"

#include <cstdio>

#include "daemon/logging.h"
#include "daemon/options.h"

namespace connwatch {

int PrintToStandardOutput(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return kExitGood;
  LogError("cannot write to standard output");
  return kExitFailed;
}

}  // namespace connwatch
