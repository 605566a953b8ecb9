// What this binary was built from; filled in by the build.
#pragma once

#include "core/build_info.h"

namespace connwatch {

BuildInfo ThisBuild();

}  // namespace connwatch
