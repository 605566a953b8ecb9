// Incidents: alerts that have fired, kept so that people can look at them when they are over. An
// IncidentBook writes them, a store keeps them, the API and the page show them. Values only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/alerts/alert.h"
#include "core/base/instant.h"

namespace connwatch {

enum class IncidentEnd : std::uint8_t {
  kGoesOn,         // the alert fires
  kResolved,       // its trouble is over, or its rule has been removed
  kDaemonStopped,  // the daemon was told to stop while the alert fired
  kDaemonEnded,    // the daemon crashed or was killed while the alert fired
};

constexpr std::string_view Name(IncidentEnd end) {
  switch (end) {
    case IncidentEnd::kGoesOn:
      return "goes_on";
    case IncidentEnd::kResolved:
      return "resolved";
    case IncidentEnd::kDaemonStopped:
      return "daemon_stopped";
    case IncidentEnd::kDaemonEnded:
      return "daemon_ended";
  }
  return "unknown";
}

struct Incident {
  /// 16 hexadecimal digits, see IncidentIdOf.
  std::string id;
  std::string alert;  // the name of the rule
  std::string subject;
  AlertSeverity severity = AlertSeverity::kWarning;
  WallTime fired_at;
  IncidentEnd end = IncidentEnd::kGoesOn;
  /// Absent while it goes on. For kDaemonEnded the latest time at which the daemon was alive.
  std::optional<WallTime> ended_at = std::nullopt;
  /// All that is shown of the alert, in the form that the exporters want (JSON).
  std::string document;
};

/// A sample of the host's history near an incident.
struct IncidentSample {
  WallTime at;
  std::string document;  // as Incident::document
};

/// What is new since the latest changes. An incident takes the place of the one with the same id.
struct IncidentChanges {
  std::vector<Incident> incidents;
  std::vector<IncidentSample> samples;
  /// When this was found. As long as something fires, there are changes at least every
  /// IncidentBook::kAliveInterval, so this is also the latest time at which the daemon was alive.
  WallTime at;
};

/// An incident has the samples from this long before it fired to this long after it fired.
inline constexpr std::chrono::minutes kIncidentMargin{5};

/// Which incidents are asked for. What is absent does not matter.
struct IncidentQuery {
  /// Those that were firing at some time from `since` to `until`, also if they began before.
  std::optional<WallTime> since = std::nullopt;
  std::optional<WallTime> until = std::nullopt;
  std::optional<std::string> alert = std::nullopt;
  std::optional<std::string> subject = std::nullopt;
  std::optional<AlertSeverity> severity = std::nullopt;
  /// The one with this id, and its samples.
  std::optional<std::string> id = std::nullopt;
  std::size_t limit = 100;
  std::size_t offset = 0;  // incidents left out at the beginning
};

struct IncidentPage {
  std::size_t total = 0;            // without limit and offset
  std::vector<Incident> incidents;  // the one that fired last comes first
  /// The samples near the incident that was asked for by its id, the oldest first.
  std::vector<IncidentSample> samples;
  /// Whether incidents are written to a file now. If not, a restart forgets what is new.
  bool is_persistent = false;
};

/// How well incidents are kept. Part of a Report.
struct IncidentStoreStatus {
  bool is_persistent = false;
  std::uint64_t incidents = 0;
  std::uint64_t bytes = 0;     // of the file, or of the memory
  std::uint64_t failures = 0;  // of reading and writing, since the start
  std::uint64_t dropped = 0;   // changes that were given up because the disk was too slow
  /// What is wrong with the disk now; absent if nothing is.
  std::optional<std::string> problem = std::nullopt;
};

/// Returns the id of the incident of an alert that has fired. It depends only on the rule, the
/// subject and the time at which it fired, so a notification can name the incident before it is
/// stored.
std::string IncidentIdOf(const Alert& alert);

}  // namespace connwatch
