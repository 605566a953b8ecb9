// What this host is called, and how it shows the time of day. Read by procfs/, part of a Report.
#pragma once

#include <chrono>
#include <string>

namespace connwatch {

struct HostIdentity {
  std::string name;
  /// The abbreviation of the time zone: "CET". Empty if it is not known.
  std::string time_zone;
  /// How far local time is ahead of UTC.
  std::chrono::seconds utc_offset{0};
};

}  // namespace connwatch
