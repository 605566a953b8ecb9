#include "daemon/process/standard_output.h"

#include <cstdio>

#include "daemon/process/logging.h"
#include "daemon/process/options.h"

namespace connwatch {

int PrintToStandardOutput(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return kExitGood;
  LogError("cannot write to standard output");
  return kExitFailed;
}

}  // namespace connwatch
