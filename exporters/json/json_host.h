// What /api/v1/host answers: the limits of the host, and how fast the kernel's counters grow. Pure;
// may run on any thread.
#pragma once

#include <string>

#include "core/report.h"

namespace connwatch {

/// What is not known, for example before the first poll, is null.
std::string RenderHost(const Report& report);

}  // namespace connwatch
