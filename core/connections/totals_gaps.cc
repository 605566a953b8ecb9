#include "core/connections/totals_gaps.h"

namespace connwatch {

std::string Explain(const TotalsGaps& gaps) {
  std::string text;
  const auto add = [&text](const std::string& reason) {
    text += (text.empty() ? "" : "; ") + reason;
  };
  if (gaps.is_off) add("destroy_events is off in the configuration");
  if (gaps.is_absent) {
    add("connwatch was not told which connections ended for a part of the last minute (its log "
        "says why)");
  }
  if (gaps.is_lost) {
    add("ends of connections were lost within the last minute, because destroy_event_buffer was "
        "full");
  }
  if (gaps.left_out > 0) {
    add(std::to_string(gaps.left_out) +
        " connections are not followed, because max_tracked_connections is too low");
  }
  return text;
}

}  // namespace connwatch
