#include "daemon/loop/event_loop.h"

#include <systemd/sd-event.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string_view>
#include <utility>

namespace connwatch {

namespace {

constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};

using Callback = EventLoop::Callback;

// sd-event keeps a pointer to the callback and frees the callback together with the source. That
// happens after the callback has returned, even if the callback dropped its own registration.
void HandOver(sd_event_source* source, std::unique_ptr<Callback> callback) {
  sd_event_source_set_userdata(source, callback.release());
  sd_event_source_set_destroy_callback(
      source, [](void* callback_to_delete) { delete static_cast<Callback*>(callback_to_delete); });
}

int RunCallback(void* callback) {
  (*static_cast<Callback*>(callback))();
  return 0;
}

int OnTime(sd_event_source* /*source*/, std::uint64_t /*when_us*/, void* callback) {
  return RunCallback(callback);
}
int OnIo(sd_event_source* /*source*/, int /*fd*/, std::uint32_t /*events*/, void* callback) {
  return RunCallback(callback);
}
int OnSignalInfo(sd_event_source* /*source*/, const signalfd_siginfo* /*info*/, void* callback) {
  return RunCallback(callback);
}

Error LoopError(int result, std::string_view what) {
  return Error::FromErrno(-result, what).Within("event loop");
}

}  // namespace

void LoopRegistration::Unregister::operator()(sd_event_source* source) const {
  sd_event_source_disable_unref(source);
}

Result<std::unique_ptr<EventLoop>> EventLoop::Create() {
  sd_event* event = nullptr;
  if (const int result = sd_event_new(&event); result < 0) return LoopError(result, "create");
  return std::unique_ptr<EventLoop>(new EventLoop(event));
}

EventLoop::~EventLoop() { sd_event_unref(event_); }

Result<LoopRegistration> EventLoop::OnSignal(int signal_number, Priority priority,
                                             Callback callback) {
  sd_event_source* source = nullptr;
  const int result = sd_event_add_signal(event_, &source, signal_number, OnSignalInfo, nullptr);
  if (result < 0) return LoopError(result, "add signal");
  HandOver(source, std::make_unique<Callback>(std::move(callback)));
  sd_event_source_set_priority(source, static_cast<std::int64_t>(priority));
  return LoopRegistration(source);
}

Result<LoopRegistration> EventLoop::OnReadable(int fd, Priority priority, Callback callback) {
  sd_event_source* source = nullptr;
  const int result = sd_event_add_io(event_, &source, fd, EPOLLIN, OnIo, nullptr);
  if (result < 0) return LoopError(result, "add descriptor");
  HandOver(source, std::make_unique<Callback>(std::move(callback)));
  sd_event_source_set_priority(source, static_cast<std::int64_t>(priority));
  return LoopRegistration(source);
}

Result<LoopRegistration> EventLoop::At(MonotonicTime when, Priority priority, Callback callback) {
  const auto when_us =
      std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
  constexpr std::uint64_t kAccuracyUs = 1;
  sd_event_source* source = nullptr;
  const int result =
      sd_event_add_time(event_, &source, CLOCK_BOOTTIME, static_cast<std::uint64_t>(when_us),
                        kAccuracyUs, OnTime, nullptr);
  if (result < 0) return LoopError(result, "add timer");
  HandOver(source, std::make_unique<Callback>(std::move(callback)));
  sd_event_source_set_priority(source, static_cast<std::int64_t>(priority));
  return LoopRegistration(source);
}

Result<void> EventLoop::Run() {
  if (const int result = sd_event_loop(event_); result < 0) return LoopError(result, "run");
  return outcome_;
}

void EventLoop::Stop() { sd_event_exit(event_, 0); }

void EventLoop::Fail(Error error) {
  outcome_ = std::move(error);
  Stop();
}

void BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal_number : kSignals) sigaddset(&set, signal_number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace connwatch
