#include "exporters/metrics/socket_families.h"

namespace connwatch {

namespace {

void AddStates(MetricFamilies& families, const StateCounts& states) {
  auto sockets = families.Gauge("connwatch_tcp_sockets",
                                "TCP sockets by state; v4-mapped IPv6 addresses count as ipv4.");
  for (const AddressFamily family : kAddressFamilies) {
    for (const TcpState state : kTcpStates) {
      sockets.Add(states.Get(family, state), {{"family", Name(family)}, {"state", Name(state)}});
    }
  }
}

void AddPortUsage(MetricFamilies& families, const SocketLevels& sockets) {
  families
      .Gauge("connwatch_ephemeral_ports_used_peak_destination",
             "Outbound sockets, TIME-WAIT included, of the busiest source, destination and port.")
      .Add(sockets.ports_used_peak_destination);
  families.GaugeIfKnown("connwatch_ephemeral_ports_used_peak_source",
                        "Ephemeral ports that sockets of the busiest source address use, to all "
                        "destinations together.",
                        sockets.ports_used_peak_source);
}

}  // namespace

void AddSockets(MetricFamilies& families, const Snapshot& snapshot) {
  if (!snapshot.sockets) return;
  AddStates(families, snapshot.sockets->states);
  AddPortUsage(families, *snapshot.sockets);
}

}  // namespace connwatch
