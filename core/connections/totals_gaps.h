// Why the totals of connections may be too low. Part of a Snapshot.
#pragma once

#include <cstdint>
#include <string>

namespace connwatch {

/// Several reasons may hold.
struct TotalsGaps {
  bool is_off = false;         // the configuration does not ask for destroy events
  bool is_absent = false;      // none came for a part of the last minute, although it does
  bool is_lost = false;        // some were lost within the last minute
  std::uint64_t left_out = 0;  // connections of the latest full poll that there was no room for

  bool AreExact() const { return !is_off && !is_absent && !is_lost && left_out == 0; }
  bool operator==(const TotalsGaps&) const = default;
};

/// One sentence for each reason, or nothing if the totals are exact.
std::string Explain(const TotalsGaps& gaps);

}  // namespace connwatch
