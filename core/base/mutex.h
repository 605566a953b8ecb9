// A mutex that Clang's thread-safety analysis understands (-Wthread-safety); std::mutex carries no
// annotations. For other compilers the annotations expand to nothing.
#pragma once

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
  std::mutex mutex_;
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
