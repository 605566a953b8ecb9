// The body of a reply while it is being made: one thread writes it, an HTTP thread sends it. What
// is not sent yet is kept in memory, so the writer must limit how much it writes.
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
  /// Tells the reader to read again. Called on either thread, without a lock held.
  using Wake = std::function<void()>;

  /// For the writer. Returns false if the reader is gone, so that writing is of no use any more.
  bool Write(std::string_view text);
  /// For the writer, as its last call. Without it the reply never ends.
  void Complete();

  /// For the reader: copies what there is into `into`.
  ReadResult Read(std::span<char> into);
  /// For the reader, after kWaiting. Calls `wake` once when there is more; if there is more
  /// already, calls it at once.
  void Await(Wake wake);
  /// For the reader, as its last call.
  void Leave();

  /// How many bytes were written and not read yet. For any thread.
  std::size_t unread_bytes() const;

 private:
  mutable Mutex mutex_;
  std::string unread_ CONNWATCH_GUARDED_BY(mutex_);
  bool is_complete_ CONNWATCH_GUARDED_BY(mutex_) = false;
  bool is_left_ CONNWATCH_GUARDED_BY(mutex_) = false;
  Wake wake_ CONNWATCH_GUARDED_BY(mutex_);  // empty: the reader does not wait
};

}  // namespace connwatch
