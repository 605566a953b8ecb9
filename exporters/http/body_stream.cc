#include "exporters/http/body_stream.h"

#include <algorithm>
#include <utility>

namespace connwatch {

bool BodyStream::Write(std::string_view text) {
  Wake wake;
  {
    const MutexLock lock(mutex_);
    if (is_left_) return false;
    unread_ += text;
    wake.swap(wake_);
  }
  if (wake) wake();
  return true;
}

void BodyStream::Complete() {
  Wake wake;
  {
    const MutexLock lock(mutex_);
    is_complete_ = true;
    wake.swap(wake_);
  }
  if (wake) wake();
}

BodyStream::ReadResult BodyStream::Read(std::span<char> into) {
  const MutexLock lock(mutex_);
  if (unread_.empty()) return {is_complete_ ? State::kComplete : State::kWaiting, 0};
  const std::size_t size = std::min(into.size(), unread_.size());
  std::copy_n(unread_.begin(), size, into.begin());
  unread_.erase(0, size);
  return {State::kReady, size};
}

void BodyStream::Await(Wake wake) {
  {
    const MutexLock lock(mutex_);
    if (unread_.empty() && !is_complete_) {
      wake_ = std::move(wake);
      return;
    }
  }
  wake();
}

void BodyStream::Leave() {
  const MutexLock lock(mutex_);
  is_left_ = true;
  wake_ = nullptr;
}

std::size_t BodyStream::unread_bytes() const {
  const MutexLock lock(mutex_);
  return unread_.size();
}

}  // namespace connwatch
