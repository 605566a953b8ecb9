#include "exporters/request_progress.h"

#include <algorithm>

namespace connwatch {

void RequestProgress::ConsumeUntil(std::uint64_t offset) {
  consumed_ = std::max(consumed_, offset);
}

void RequestProgress::BeginReply(std::uint64_t head_bytes) {
  stage_ = Stage::kReply;
  consumed_ += head_bytes;
}

bool RequestProgress::IsCutShort(std::uint64_t received, std::uint64_t slack) const {
  return IsWithinHeaders() || (WaitsForRequest() && received > consumed_ + slack);
}

}  // namespace connwatch
