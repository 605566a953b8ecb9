// A connection tracker with a listener on port 443, and short ways to tell it what the kernel says.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/connections/connection_tracker.h"
#include "tests/support/traffic.h"

namespace connwatch {

inline MonotonicTime At(int second) { return MonotonicTime(std::chrono::seconds(1'000 + second)); }

inline constexpr std::array<std::chrono::microseconds, 1> kBounds = {
    std::chrono::microseconds(1'000)};

class TrackedTraffic : public testing::Test {
 protected:
  TrackedTraffic() { Listen({443}); }

  // A poll of the listeners finds these ports.
  void Listen(const std::vector<std::uint16_t>& ports, int second = 0) {
    for (const std::uint16_t port : ports) classifier_.AddListener(Listening(1, port), At(second));
    classifier_.CompleteListeners(At(second));
    tracker_.BookUndecided();
  }
  void Poll(int second, const std::vector<SocketRecord>& rows) {
    tracker_.BeginPoll(At(second));
    for (const SocketRecord& row : rows) tracker_.Observe(row);
    tracker_.CompletePoll();
  }
  void Destroy(int second, const SocketRecord& event) { tracker_.OnDestroyed(event, At(second)); }

  std::vector<GroupId> Groups() const {
    std::vector<GroupId> groups;
    for (std::size_t place = 0; place < classifier_.places(); ++place) {
      groups.push_back(classifier_.AtPlace(static_cast<std::uint16_t>(place)));
    }
    return groups;
  }
  std::string GroupOf(GroupKey key) const { return std::string(classifier_.NameOf(key.group)); }

  // Of all groups of a direction.
  ConnectionUsage Usage(Direction direction = Direction::kOutbound) const {
    ConnectionUsage sum;
    for (const GroupId id : Groups()) sum += ledger_[{direction, id}].usage;
    return sum;
  }
  std::uint64_t Closed(Direction direction = Direction::kOutbound) const {
    std::uint64_t sum = 0;
    for (const GroupId id : Groups()) sum += ledger_[{direction, id}].closed;
    return sum;
  }
  std::uint64_t Ended(EndCause cause) const { return tracker_.stats().ended.at(IndexOf(cause)); }

  ConnectionClassifier classifier_ = PlainClassifier();
  TrafficLedger ledger_{GroupTraffic(kBounds)};
  Allowance room_{4};
  ConnectionTracker tracker_{room_, classifier_, ledger_};
};

}  // namespace connwatch
