#include "core/listeners/diagnosis.h"

namespace connwatch {

std::string_view Name(DiagnosisCause cause) {
  switch (cause) {
    case DiagnosisCause::kAcceptQueueFull:
      return "accept_queue_full";
    case DiagnosisCause::kSynFlood:
      return "syn_flood";
    case DiagnosisCause::kReturnPathLoss:
      return "return_path_loss";
    case DiagnosisCause::kSynCookies:
      return "syn_cookies";
    case DiagnosisCause::kDeferredAccept:
      return "deferred_accept";
  }
  return "unknown";
}

}  // namespace connwatch
