#include "core/listeners/trouble.h"

#include <algorithm>

namespace connwatch {

namespace {

bool IsSynQueueInTrouble(const ListenerStatus& listener, const DiagnosisThresholds& thresholds) {
  // It is long on purpose.
  if (listener.diagnosis.Has(DiagnosisCause::kDeferredAccept)) return false;
  const std::uint64_t repeating = listener.syn_queue.retransmitting;
  return listener.SynQueueUtilization().value_or(0) >= kTroubledUtilization ||
         (repeating > 0 && repeating >= thresholds.min_syn_queue);
}

}  // namespace

bool IsInTrouble(const ListenerStatus& listener, const DiagnosisThresholds& thresholds) {
  const bool has_cause = std::ranges::any_of(kDiagnosisCauses, [&](DiagnosisCause cause) {
    return cause != DiagnosisCause::kDeferredAccept && listener.diagnosis.Has(cause);
  });
  return has_cause || listener.signs.drops_per_second > 0 ||
         listener.accept_queue.Utilization().value_or(0) >= kTroubledUtilization ||
         IsSynQueueInTrouble(listener, thresholds);
}

}  // namespace connwatch
