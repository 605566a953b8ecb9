// The body of a reply while it is being made: one thread writes it, an HTTP thread sends it. What
// is not sent yet is kept, so whoever writes must bound what there is to write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/mutex.h"

namespace connwatch {

class BodyStream {
 public:
  enum class State : std::uint8_t {
    kWaiting,  // nothing now, more later
    kReady,    // bytes were copied
    kComplete  // all of it was read
  };
  struct ReadResult {
    State state = State::kWaiting;
    std::size_t bytes = 0;
  };
  /// Tells the reader to read again. Called on either thread, holding nothing.
  using Wake = std::function<void()>;

  /// The writer's. False where it is of no use any more, because the reader is gone.
  bool Write(std::string_view text);
  /// The writer's last word; without it the reply never ends.
  void Complete();

  /// The reader's: copies what there is.
  ReadResult Read(std::span<char> into);
  /// The reader's, after kWaiting: calls `wake` once when there is more, at once if there is.
  void Await(Wake wake);
  /// The reader's last word.
  void Leave();

 private:
  Mutex mutex_;
  std::string unread_ CONNWATCH_GUARDED_BY(mutex_);
  bool is_complete_ CONNWATCH_GUARDED_BY(mutex_) = false;
  bool is_left_ CONNWATCH_GUARDED_BY(mutex_) = false;
  Wake wake_ CONNWATCH_GUARDED_BY(mutex_);  // empty: the reader does not wait
};

}  // namespace connwatch
