#include "core/listeners/accept_queue.h"

#include <algorithm>

namespace connwatch {

std::optional<double> AcceptQueue::ImbalanceRatio() const {
  if (sockets < 2) return std::nullopt;
  if (fullest.length < kMinImbalanced) return 1.0;
  const double others = static_cast<double>(length - fullest.length);
  const double mean = others / static_cast<double>(sockets - 1);
  return static_cast<double>(fullest.length) / std::max(mean, 1.0);
}

std::string AcceptQueue::Imbalance() const {
  if (sockets < 2) return {};
  const std::string of_all = " of " + std::to_string(sockets) + " sockets ";
  const std::string holds = std::to_string(fullest.length) + " of " + std::to_string(fullest.limit);
  const std::string rest = ", the other " +
                           (sockets == 2 ? "holds " : std::to_string(sockets - 1) + " hold ") +
                           std::to_string(length - fullest.length);
  if (full_sockets == 0) return "the fullest" + of_all + "holds " + holds + rest;
  const bool is_one = full_sockets == 1;
  return std::to_string(full_sockets) + of_all + (is_one ? "is full (" : "are full (the fullest ") +
         holds + ')' + rest;
}

}  // namespace connwatch
