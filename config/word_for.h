// A word that stands for a value, in the configuration or on the command line.
#pragma once

#include <string_view>

namespace connwatch {

template <typename T>
struct WordFor {
  std::string_view word;
  T value;
};

}  // namespace connwatch
