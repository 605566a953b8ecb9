// For tests that need something of the machine, such as a privilege.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

/// Ends the test: skipped with the reason, but failed where the environment says CI, so that a gap
/// cannot go unnoticed there.
#define CONNWATCH_CANNOT_RUN(reason)                      \
  do {                                                    \
    if (std::getenv("CI") != nullptr) FAIL() << (reason); \
    GTEST_SKIP() << (reason);                             \
  } while (false)
