#include "exporters/metrics/listener_families.h"

namespace connwatch {

namespace {

// The name of all listeners without a place together.
constexpr std::string_view kOtherListener = "other";

// The name and the status of each listener that has series of its own.
using ListedListeners = std::vector<std::pair<std::string, ListenerStatus>>;

void AddAcceptQueues(MetricFamilies& families, const ListedListeners& listeners) {
  auto length =
      families.Gauge("connwatch_listener_accept_queue_length",
                     "Connections waiting for accept, summed over the listener's sockets.");
  auto peak = families.Gauge("connwatch_listener_accept_queue_peak",
                             "Maximum of the accept queue's length over the peak window.");
  auto limit = families.Gauge("connwatch_listener_accept_queue_limit",
                              "Limit of the accept queue, summed over the listener's sockets; the "
                              "queue is full only above it.");
  auto utilization = families.Gauge(
      "connwatch_listener_accept_queue_utilization_ratio",
      "Used share of the accept queue of the fullest of the listener's sockets; full at 1.");
  auto peak_utilization = families.Gauge("connwatch_listener_accept_queue_peak_utilization_ratio",
                                         "Maximum of that share over the peak window.");
  auto imbalance = families.Gauge(
      "connwatch_listener_accept_queue_imbalance_ratio",
      "Length of the fullest accept queue of several sockets, divided by the mean of the others.");
  auto full = families.Gauge("connwatch_listener_full_sockets",
                             "Of the listener's sockets, those whose accept queue is full.");
  auto drops = families.Counter("connwatch_listener_drops_total",
                                "SYNs and final ACKs that the listener refused.");
  auto socket_drops = families.Counter("connwatch_listener_socket_drops_total",
                                       "Segments that the listener's sockets dropped, also those "
                                       "whose loss harms nobody.");
  auto sockets = families.Gauge("connwatch_listener_sockets",
                                "Sockets that share the listening address (SO_REUSEPORT).");
  for (const auto& [name, status] : listeners) {
    const Labels labels = {{"listener", name}};
    length.Add(status.accept_queue.length, labels);
    peak.Add(status.accept_queue.peak, labels);
    limit.Add(status.accept_queue.limit, labels);
    if (const auto share = status.accept_queue.Utilization()) utilization.Add(*share, labels);
    if (const auto share = status.accept_queue.PeakUtilization()) {
      peak_utilization.Add(*share, labels);
    }
    const auto factor = status.accept_queue.ImbalanceRatio();
    if (factor && name != kOtherListener) imbalance.Add(*factor, labels);
    full.Add(status.accept_queue.full_sockets, labels);
    drops.Add(status.drops, labels);
    socket_drops.Add(status.socket_drops, labels);
    sockets.Add(status.accept_queue.sockets, labels);
  }
}

void AddSynQueues(MetricFamilies& families, const ListedListeners& listeners) {
  auto length = families.Gauge("connwatch_listener_syn_queue_length",
                               "SYN-RECV sockets of the listener: handshakes without a final ACK.");
  auto peak = families.Gauge("connwatch_listener_syn_queue_peak",
                             "Maximum of the SYN queue's length over the peak window.");
  auto retransmitting = families.Gauge("connwatch_listener_syn_queue_retransmitting",
                                       "Of them, those with a SYN-ACK retransmitted.");
  for (const auto& [name, status] : listeners) {
    const Labels labels = {{"listener", name}};
    length.Add(status.syn_queue.length, labels);
    peak.Add(status.syn_queue.peak, labels);
    retransmitting.Add(status.syn_queue.retransmitting, labels);
  }
}

void AddDiagnoses(MetricFamilies& families, const ListenerList& list) {
  auto diagnosis =
      families.Gauge("connwatch_listener_diagnosis",
                     "1 where the listener's handshakes are in trouble by this cause.");
  auto info =
      families.Gauge("connwatch_listener_info", "The listener's owner, by cgroup; always 1.");
  for (const Listener& listener : list.listeners) {
    const std::string name = listener.Name();
    for (const DiagnosisCause cause : kDiagnosisCauses) {
      diagnosis.Add(listener.status.diagnosis.Has(cause) ? 1.0 : 0.0,
                    {{"listener", name}, {"cause", Name(cause)}});
    }
    info.Add(1.0, {{"listener", name}, {"unit", listener.unit}});
  }
}

}  // namespace

void AddListeners(MetricFamilies& families, const Snapshot& snapshot) {
  if (!snapshot.listeners) return;
  const ListenerList& list = *snapshot.listeners;
  ListedListeners listeners;
  for (const Listener& listener : list.listeners) {
    listeners.emplace_back(listener.Name(), listener.status);
  }
  listeners.emplace_back(kOtherListener, list.other);
  AddAcceptQueues(families, listeners);
  AddSynQueues(families, listeners);
  AddDiagnoses(families, list);
}

}  // namespace connwatch
