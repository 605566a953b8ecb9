// A mutex that Clang's thread-safety analysis understands (-Wthread-safety); std::mutex carries no
// annotations. For other compilers the annotations expand to nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define CONNWATCH_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define CONNWATCH_THREAD_ANNOTATION(x)
#endif

#define CONNWATCH_GUARDED_BY(x) CONNWATCH_THREAD_ANNOTATION(guarded_by(x))
#define CONNWATCH_REQUIRES(x) CONNWATCH_THREAD_ANNOTATION(requires_capability(x))

namespace connwatch {

class CONNWATCH_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() CONNWATCH_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() CONNWATCH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;

  std::mutex mutex_;
};

/// Lets threads wait for a change of what a Mutex guards. A wait may end without a reason, so the
/// caller must look whether what it waits for has come.
class Condition {
 public:
  void NotifyAll() { changed_.notify_all(); }

  /// Unlocks `mutex`, waits for NotifyAll, and locks it again.
  void Wait(Mutex& mutex) CONNWATCH_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    changed_.wait(lock);
    lock.release();
  }

  /// The same, but waits no longer than `patience`.
  void WaitFor(Mutex& mutex, std::chrono::milliseconds patience) CONNWATCH_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    changed_.wait_for(lock, patience);
    lock.release();
  }

 private:
  std::condition_variable changed_;
};

/// Locks a Mutex until the end of the scope. Never hold it across a system call that may wait.
class CONNWATCH_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CONNWATCH_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() CONNWATCH_THREAD_ANNOTATION(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace connwatch
