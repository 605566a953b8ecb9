#include "exporters/server/request_progress.h"

namespace connwatch {

void RequestProgress::ConsumeUntil(std::uint64_t offset) {
  if (offset < consumed_) return;
  consumed_ = offset;
  requests_ = 0;
}

void RequestProgress::BeginReply(std::uint64_t head_bytes) {
  stage_ = Stage::kReply;
  consumed_ += head_bytes;
  ++requests_;
}

bool RequestProgress::IsCutShort(std::uint64_t received, std::uint64_t slack) const {
  constexpr std::uint64_t kEmptyLineBytes = 2;
  const std::uint64_t known = consumed_ + slack + kEmptyLineBytes * requests_;
  return IsWithinHeaders() || (WaitsForRequest() && received > known);
}

}  // namespace connwatch
