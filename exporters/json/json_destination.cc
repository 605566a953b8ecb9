#include "exporters/json/json_destination.h"

#include <utility>

namespace connwatch {

Json ToJson(const Destination& destination, Json outcomes) {
  const HandshakeCounts& recent = destination.recent;
  return {{"netns", TextOrNull(destination.netns)},
          {"address", destination.remote.address.ToString()},
          {"port", destination.remote.port},
          {"unit", TextOrNull(destination.unit)},
          {"group", destination.group},
          {"connects", recent.Total()},
          {"failed", recent.Failed()},
          {"outcomes", std::move(outcomes)},
          {"syn_retransmissions", recent.syn_retransmissions},
          {"median_seconds", QuantileOf(recent.latency, 0.5)},
          {"p99_seconds", QuantileOf(recent.latency, 0.99)}};
}

}  // namespace connwatch
