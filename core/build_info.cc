#include "core/build_info.h"

namespace connwatch {

BuildInfo ThisBuild() { return {CONNWATCH_VERSION, CONNWATCH_REVISION, CONNWATCH_COMPILER}; }

}  // namespace connwatch
