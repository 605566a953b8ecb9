// The page at "/": what this is, how fresh the data is, and where to go.
#pragma once

#include <string>

#include "core/build_info.h"
#include "core/instant.h"
#include "core/snapshot.h"

namespace connwatch {

/// HTML. `now` is only for the age of the data.
std::string RenderLandingPage(const Snapshot& snapshot, const BuildInfo& build, WallTime now);

}  // namespace connwatch
