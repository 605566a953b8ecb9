// What must hold for every input of a fuzz target.
#pragma once

#include <cstdlib>

namespace connwatch {

/// Ends the process where it does not: libFuzzer then keeps the input.
inline void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace connwatch
