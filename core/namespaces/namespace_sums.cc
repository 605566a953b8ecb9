#include "core/namespaces/namespace_sums.h"

#include <algorithm>

namespace connwatch {

namespace {

void Add(ListenerSums& sums, const ListenerStatus& status) {
  AcceptQueue& accept = sums.accept_queue;
  accept.Merge(status.accept_queue);
  accept.peak_utilization =
      std::max(accept.peak_utilization, status.accept_queue.PeakUtilization().value_or(0));
  sums.syn_queue.length += status.syn_queue.length;
  sums.syn_queue.peak = std::max(sums.syn_queue.peak, status.syn_queue.peak);
  sums.syn_queue.retransmitting += status.syn_queue.retransmitting;
  sums.drops += status.drops;
}

}  // namespace

ListenerSums SumOf(const ListenerList& list) {
  ListenerSums sums;
  for (const Listener& listener : list.listeners) {
    Add(sums, listener.status);
    for (const DiagnosisCause cause : kDiagnosisCauses) {
      if (listener.status.diagnosis.Has(cause)) ++sums.causes.at(IndexOf(cause));
    }
  }
  Add(sums, list.other);
  return sums;
}

bool HasOther(const NetworkNamespaces& namespaces) {
  const NamespaceCounts& other = namespaces.other;
  const ConnectionUsage nothing;
  return namespaces.folded > 0 || other.rtt.count > 0 || other.listeners.other.drops > 0 ||
         std::ranges::any_of(other.traffic, [&](const auto& usage) { return usage != nothing; }) ||
         std::ranges::any_of(other.handshakes,
                             [](const auto& counts) { return counts.Total() > 0; });
}

}  // namespace connwatch
