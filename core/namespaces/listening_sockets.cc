#include "core/namespaces/listening_sockets.h"

#include <utility>

namespace connwatch {

std::optional<std::size_t> ListeningSockets::Replace(const SocketRecord& record) {
  has_changed_ = true;
  if (position_ < records_.size()) {
    records_[position_] = record;
  } else if (records_.size() < kMaxSockets && room_.Take()) {
    records_.push_back(record);
  } else {
    ++left_out_;
    return std::nullopt;
  }
  return position_++;
}

bool ListeningSockets::Complete() {
  const bool was_counting = std::exchange(is_counting_, false);
  if (was_counting && position_ < records_.size()) {
    has_changed_ = true;
    room_.GiveBack(records_.size() - position_);
    records_.resize(position_);
    records_.shrink_to_fit();
  }
  if (std::exchange(told_left_out_, left_out_) != left_out_) has_changed_ = true;
  return std::exchange(has_changed_, false);
}

}  // namespace connwatch
