#include "daemon/process/service_notice.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace connwatch {

namespace {

// sd_event_set_watchdog(3) was rejected, because it waits for the service manager.
std::optional<std::chrono::microseconds> WatchdogPatience() {
  std::uint64_t patience_us = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &patience_us) <= 0) return std::nullopt;
  return std::chrono::microseconds(patience_us);
}

std::string DescribeFiring(const AlertList& list) {
  constexpr std::size_t kMaxNamed = 3;
  std::size_t firing = 0;
  std::string text;
  for (const Alert& alert : list.alerts) {
    if (alert.state != AlertState::kFiring) continue;
    if (++firing > kMaxNamed) continue;
    text += (firing == 1 ? "; firing: " : ", ") + alert.rule->name + " " + alert.subject;
  }
  if (firing > kMaxNamed) text += " and " + std::to_string(firing - kMaxNamed) + " more";
  return text;
}

}  // namespace

ServiceNotice::ServiceNotice() : watchdog_(WatchdogPatience()) {}

void ServiceNotice::Ready() {
  if (!std::exchange(is_ready_, true)) Tell({.text = "READY=1"});
}

void ServiceNotice::Status(const std::string& text) {
  status_ = text;
  SendWhatWaits();
}

void ServiceNotice::Reloading(std::chrono::nanoseconds awake) {
  if (!is_ready_) return;
  const auto awake_us = std::chrono::duration_cast<std::chrono::microseconds>(awake);
  // A reload that nobody heard of is told as one with this one.
  const auto unheard = std::ranges::find(waiting_, true, &Message::is_reloading);
  waiting_.erase(unheard, waiting_.end());
  Tell({.is_reloading = true,
        .text = "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(awake_us.count())});
}

void ServiceNotice::Reloaded() {
  if (is_ready_) Tell({.text = "READY=1"});
}

void ServiceNotice::Stopping() { Tell({.text = "STOPPING=1"}); }

void ServiceNotice::Beat(MonotonicTime now) {
  // Answers thrice as often as it must: a beat may be late.
  if (watchdog_ && now >= next_answer_ && socket_.Send("WATCHDOG=1")) {
    next_answer_ = now + *watchdog_ / 3;
  }
  SendWhatWaits();
}

void ServiceNotice::Tell(Message message) {
  waiting_.push_back(std::move(message));
  SendWhatWaits();
}

void ServiceNotice::SendWhatWaits() {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    if (!socket_.Send(waiting_.front().text)) return;
  }
  if (status_ != told_status_ && socket_.Send("STATUS=" + status_)) told_status_ = status_;
}

std::string DescribeForStatus(const Report& report) {
  const Snapshot& snapshot = *report.snapshot;
  const auto failing = std::ranges::find_if(snapshot.polls, [](const PollHealth& health) {
    return health.current_failure().has_value();
  });
  std::string text;
  if (failing != snapshot.polls.end()) {
    text = std::string(Name(failing->tier())) + " polls fail: " + failing->current_failure()->text +
           "; ";
  }
  if (!snapshot.sockets) return text + "no full poll yet";
  text += std::to_string(snapshot.sockets->states.Total()) + " sockets";
  if (snapshot.listeners) {
    text += ", " + std::to_string(snapshot.listeners->listeners.size()) + " listeners";
  }
  return text + (report.alerts ? DescribeFiring(*report.alerts) : "");
}

}  // namespace connwatch
