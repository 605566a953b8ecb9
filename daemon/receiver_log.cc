#include "daemon/receiver_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace connwatch {

namespace {

// "ConnectsPending (500), RttHigh (20) and 3 more rules", those with the most alerts first.
std::string Named(const std::map<std::string, std::uint64_t>& by_rule) {
  constexpr std::size_t kMaxNamed = 5;
  std::vector<std::pair<std::string, std::uint64_t>> rules(by_rule.begin(), by_rule.end());
  std::ranges::stable_sort(rules, std::ranges::greater(),
                           &std::pair<std::string, std::uint64_t>::second);
  std::string text;
  for (std::size_t i = 0; i < std::min(rules.size(), kMaxNamed); ++i) {
    text += (i == 0 ? "" : ", ") + rules[i].first + " (" + std::to_string(rules[i].second) + ")";
  }
  if (rules.size() > kMaxNamed) {
    text += " and " + std::to_string(rules.size() - kMaxNamed) + " more rules";
  }
  return text;
}

}  // namespace

std::vector<ReceiverLog::Line> ReceiverLog::Observe(const std::vector<NotificationStats>& receivers,
                                                    Instant now) {
  std::erase_if(known_, [&receivers](const auto& item) {
    return std::ranges::find(receivers, item.first, &NotificationStats::receiver) ==
           receivers.end();
  });
  std::vector<Line> lines;
  const auto add = [&lines](std::optional<Line> line) {
    if (line) lines.push_back(*std::move(line));
  };
  for (const NotificationStats& stats : receivers) {
    Known& known = known_[stats.receiver];
    add(OfFailure(stats, known));
    add(OfLeftOut(stats, known, now.monotonic));
    add(OfClock(stats, known));
  }
  return lines;
}

// Once per kind of failure and once at recovery, not at every try.
std::optional<ReceiverLog::Line> ReceiverLog::OfFailure(const NotificationStats& stats,
                                                        Known& known) {
  const std::optional<int> code = stats.failure ? std::optional(stats.failure->code) : std::nullopt;
  if (std::exchange(known.failure, code) == code) return std::nullopt;
  const std::string receiver = "alertmanager " + stats.receiver;
  if (!code) return Line{LogLevel::kInfo, receiver + " takes alerts again"};
  return Line{LogLevel::kError,
              receiver + " does not take alerts: " + stats.failure->context + "; trying again"};
}

std::optional<ReceiverLog::Line> ReceiverLog::OfLeftOut(const NotificationStats& stats,
                                                        Known& known, MonotonicTime now) {
  const std::string receiver = "alertmanager " + stats.receiver;
  switch (known.left_out.Observe(stats.left_out > 0, now)) {
    case RecurringTrouble::News::kBegins:
      return Line{LogLevel::kError,
                  receiver + " is not told of " + std::to_string(stats.left_out) +
                      " alerts, because too many fire: " + Named(stats.left_out_by_rule) +
                      "; the more severe ones and the older ones are told"};
    case RecurringTrouble::News::kIsOver:
      return Line{LogLevel::kInfo, receiver + " is told of all alerts again"};
    case RecurringTrouble::News::kNone:
      break;
  }
  return std::nullopt;
}

std::optional<ReceiverLog::Line> ReceiverLog::OfClock(const NotificationStats& stats,
                                                      Known& known) {
  if (!stats.clock_ahead) return std::nullopt;
  const auto distance =
      std::chrono::round<std::chrono::seconds>(std::chrono::abs(*stats.clock_ahead));
  const std::string clock = "the clock of alertmanager " + stats.receiver;
  if (!known.clocks_differ && distance > kMaxClockDifference) {
    known.clocks_differ = true;
    const bool is_ahead = stats.clock_ahead->count() > 0;
    return Line{LogLevel::kWarning, clock + " is " + std::to_string(distance.count()) + " s " +
                                        (is_ahead ? "ahead of" : "behind") +
                                        " this host's; one of them is wrong; alerts are sent in "
                                        "the receiver's time"};
  }
  if (!known.clocks_differ || distance >= kClockAgreement) return std::nullopt;
  known.clocks_differ = false;
  return Line{LogLevel::kInfo, clock + " agrees with this host's again"};
}

}  // namespace connwatch
