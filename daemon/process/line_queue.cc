#include "daemon/process/line_queue.h"

#include <utility>

namespace connwatch {

void LineQueue::Push(std::string line) {
  const std::size_t cost = CostOf(line);
  if (cost > max_bytes_) {
    Lost();
    return;
  }
  if (bytes_ + cost > max_bytes_) {
    const std::size_t wanted = max_bytes_ - max_bytes_ / 8;
    while (!lines_.empty() && bytes_ + cost > wanted) DropOldest();
  }
  bytes_ += cost;
  lines_.push_back(std::move(line));
}

std::optional<LineQueue::Next> LineQueue::Pop() {
  if (lines_.empty()) return std::nullopt;
  bytes_ -= CostOf(lines_.front());
  Next next = {.lost = lost_ - told_, .line = std::move(lines_.front())};
  lines_.pop_front();
  return next;
}

void LineQueue::DropOldest() {
  bytes_ -= CostOf(lines_.front());
  lines_.pop_front();
  Lost();
}

}  // namespace connwatch
