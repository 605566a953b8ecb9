#include "daemon/process/service_notice.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace connwatch {

namespace {

// Errors are ignored: it fails only if nobody listens any more.
void Notify(const std::string& assignments) {
  sd_notify(/*unset_environment=*/0, assignments.c_str());
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

void ServiceNotice::Ready() {
  if (!std::exchange(is_ready_, true)) Notify("READY=1");
}

void ServiceNotice::Status(const std::string& text) {
  if (std::exchange(status_, text) != text) Notify("STATUS=" + text);
}

void ServiceNotice::Reloading(std::chrono::nanoseconds awake) {
  if (!is_ready_) return;
  const auto awake_us = std::chrono::duration_cast<std::chrono::microseconds>(awake);
  Notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(awake_us.count()));
}

void ServiceNotice::Reloaded() {
  if (is_ready_) Notify("READY=1");
}

void ServiceNotice::Stopping() { Notify("STOPPING=1"); }

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
