#include "core/namespaces/listening_sockets.h"

#include <utility>

namespace connwatch {

void ListeningSockets::Replace(const SocketRecord& record) {
  has_changed_ = true;
  if (position_ < records_.size()) {
    records_[position_] = record;
  } else if (records_.size() < kMaxSockets && room_.Take()) {
    records_.push_back(record);
  } else {
    ++left_out_;
    return;
  }
  ++position_;
}

bool ListeningSockets::Complete() {
  if (position_ < records_.size()) {
    has_changed_ = true;
    room_.GiveBack(records_.size() - position_);
    records_.resize(position_);
    records_.shrink_to_fit();
  }
  return std::exchange(has_changed_, false);
}

}  // namespace connwatch
