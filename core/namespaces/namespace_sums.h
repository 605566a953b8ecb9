// What is shown of the other network namespaces as a whole. A namespace has few series, so none of
// them is about a single listener. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "core/listeners/listener.h"
#include "core/namespaces/network_namespace.h"

namespace connwatch {

/// Lengths are sums over the listeners, those without a place included.
struct ListenerSums {
  /// Its `peak` is not used: the peaks of two listeners may be of different moments. Its
  /// `peak_utilization` is the highest that one socket had.
  AcceptQueue accept_queue;
  /// Its `peak` is that of the listener with the longest SYN queue, not the peak of the sum.
  SynQueue syn_queue;
  std::uint64_t drops = 0;
  /// How many listeners have each cause in their diagnosis, by IndexOf(DiagnosisCause). The
  /// diagnoses of listeners without a place are not known and do not count.
  std::array<std::uint64_t, kDiagnosisCauseCount> causes{};
};

ListenerSums SumOf(const ListenerList& list);

/// Returns true iff `other` is shown: some namespaces have no place now, or some had none before
/// and counted something.
bool HasOther(const NetworkNamespaces& namespaces);

}  // namespace connwatch
