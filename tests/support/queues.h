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

/// Of four sockets with a backlog of 20, one holds `length`, the others hold two each.
inline AcceptQueue FourQueues(std::uint64_t length) {
  AcceptQueue queue;
  for (const std::uint64_t one : {std::uint64_t{2}, length, std::uint64_t{2}, std::uint64_t{2}}) {
    queue.Add({.length = one, .limit = 20});
  }
  return queue;
}

}  // namespace connwatch
