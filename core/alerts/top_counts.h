// How the evidence of alerts ranks what it has counted. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/alerts/alert.h"

namespace connwatch {

/// Adds a fact to AlertEvidence::text, or to a part of it.
inline void AddFact(std::string& text, const std::string& fact) {
  if (!text.empty()) text += "; ";
  text += fact;
}

/// How many destinations, units and groups an alert names.
inline constexpr std::size_t kMaxTop = 5;

/// Counts by name. Those of the empty name belong to nobody known.
using NamedCounts = std::map<std::string, std::uint64_t>;

/// Returns the greatest of those that have a name, the first one most.
AlertEvidence::Counts TopOf(const NamedCounts& counts);

/// Returns the name that has more than half of all; empty if there is none.
std::string MostOf(const NamedCounts& counts);

/// Fills in AlertEvidence::top_units, and says in its text who has most.
void AddUnits(const NamedCounts& units, AlertEvidence& evidence);

}  // namespace connwatch
