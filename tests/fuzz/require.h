// What must hold for every input of a fuzz target.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace connwatch {

/// Ends the process where it does not, and says where that is: libFuzzer then keeps the input.
inline void Require(bool condition, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%d: a requirement does not hold\n", file, line);
  std::abort();
}

}  // namespace connwatch
