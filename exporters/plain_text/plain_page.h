// What "/" shows to a terminal: the verdict of the status page, and what is behind it, in lines of
// 80 characters where possible. Pure; may run on any thread.
#pragma once

#include <string>

#include "core/base/instant.h"
#include "core/report.h"

namespace connwatch {

/// Ages are those at `now`. Lists are cut where they become long, and say so.
std::string RenderPlainPage(const Report& report, Instant now);

}  // namespace connwatch
