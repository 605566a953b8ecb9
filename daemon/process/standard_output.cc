#include "daemon/process/standard_output.h"

#include <cerrno>
#include <cstdio>

#include "core/base/result.h"
#include "daemon/process/logging.h"
#include "daemon/process/options.h"

namespace connwatch {

int PrintToStandardOutput(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (is_written && std::fflush(stdout) == 0) return kExitGood;
  PrintError(Error::FromErrno(errno, "cannot write to standard output").context);
  return kExitFailed;
}

}  // namespace connwatch
