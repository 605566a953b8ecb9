#include "exporters/plain_text/verdict.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "exporters/plain_text/text_lines.h"

namespace connwatch {

namespace {

using Subjects = std::set<std::string_view>;

Subjects FiringSubjects(const Report& report) {
  Subjects subjects;
  if (!report.alerts) return subjects;
  for (const Alert& alert : report.alerts->alerts) {
    if (alert.state == AlertState::kFiring) subjects.insert(alert.subject);
  }
  return subjects;
}

bool HasTroublingCause(const Diagnosis& diagnosis) {
  return std::ranges::any_of(kDiagnosisCauses, [&](DiagnosisCause cause) {
    return cause != DiagnosisCause::kDeferredAccept && diagnosis.Has(cause);
  });
}

// `prefix` is empty for the host's own network namespace.
void AddTroubled(const ListenerList& list, const std::string& prefix, const Subjects& firing,
                 std::vector<TroubledListener>& troubled) {
  const RateScope scope = prefix.empty() ? RateScope::kHost : RateScope::kNamespace;
  for (const Listener& listener : list.listeners) {
    std::string subject = prefix + listener.Name();
    if (!firing.contains(subject) && !HasTroublingCause(listener.status.diagnosis)) continue;
    troubled.push_back({std::move(subject), &listener, scope});
  }
}

std::string CountOf(std::size_t number, std::string_view one, std::string_view many) {
  return GroupedDigits(number) + " " + std::string(number == 1 ? one : many);
}

// Empty if nothing is wrong.
std::string WhatIsWrong(const Report& report) {
  if (!report.alerts || !report.snapshot->sockets) return "waiting for the first poll";
  const std::vector<Alert>& alerts = report.alerts->alerts;
  const auto firing =
      static_cast<std::size_t>(std::ranges::count(alerts, AlertState::kFiring, &Alert::state));
  if (firing > 0) return CountOf(firing, "alert is firing", "alerts are firing");
  if (!alerts.empty()) return CountOf(alerts.size(), "alert is pending", "alerts are pending");
  const std::size_t troubled = TroubledListenersOf(report).size();
  if (troubled == 0) return {};
  return CountOf(troubled, "listener in trouble", "listeners in trouble");
}

bool FailsToDeliver(const Report& report) {
  return std::ranges::any_of(report.notifications,
                             [](const NotificationStats& one) { return one.failure.has_value(); });
}

}  // namespace

std::vector<TroubledListener> TroubledListenersOf(const Report& report) {
  const Snapshot& snapshot = *report.snapshot;
  const Subjects firing = FiringSubjects(report);
  std::vector<TroubledListener> troubled;
  if (snapshot.listeners) AddTroubled(*snapshot.listeners, "", firing, troubled);
  if (!snapshot.namespaces) return troubled;
  for (const NetworkNamespace& netns : snapshot.namespaces->shown) {
    AddTroubled(netns.counts.listeners, netns.identity.name + "/", firing, troubled);
  }
  return troubled;
}

std::string VerdictOn(const Report& report, MonotonicTime now) {
  std::string verdict = WhatIsWrong(report);
  const Snapshot& snapshot = *report.snapshot;
  const bool is_stale = snapshot.sockets && std::ranges::any_of(snapshot.polls, [&](const auto& p) {
                          return p.IsStale(now);
                        });
  const auto add = [&verdict](std::string_view trouble) {
    if (!verdict.empty()) verdict += ", ";
    verdict += trouble;
  };
  if (is_stale) add("some numbers are out of date");
  if (FailsToDeliver(report)) add("alerts are not delivered");
  if (verdict.empty()) return "All is well";
  // Some begin with a number.
  if (verdict.front() >= 'a' && verdict.front() <= 'z') verdict.front() -= 'a' - 'A';
  return verdict;
}

}  // namespace connwatch
