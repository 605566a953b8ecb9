// Short ways to write the accept queue of a listener in a test.
#pragma once

#include <cstdint>

#include "core/listeners/accept_queue.h"

namespace connwatch {

/// One socket, whose queue was never longer than `peak`.
inline AcceptQueue OneQueue(std::uint64_t length, std::uint64_t limit, std::uint64_t peak = 0) {
  AcceptQueue queue;
  queue.Add({.length = length, .limit = limit});
  queue.peak = peak > length ? peak : length;
  queue.peak_utilization = SocketQueue{.length = queue.peak, .limit = limit}.Utilization();
  return queue;
}

}  // namespace connwatch
