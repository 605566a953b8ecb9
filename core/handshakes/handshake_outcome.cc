#include "core/handshakes/handshake_outcome.h"

namespace connwatch {

std::string_view Name(HandshakeOutcome outcome) {
  constexpr std::array<std::string_view, kHandshakeOutcomeCount> kNames = {
      "ok",      "refused",   "timed_out", "unreachable", "no_route",
      "no_port", "abandoned", "reset",     "other"};
  return kNames.at(IndexOf(outcome));
}

}  // namespace connwatch
