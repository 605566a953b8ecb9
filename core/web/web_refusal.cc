#include "core/web/web_refusal.h"

namespace connwatch {

std::string_view Name(WebRefusal refusal) {
  switch (refusal) {
    case WebRefusal::kConnectionLimit:
      return "connection_limit";
    case WebRefusal::kAddressLimit:
      return "address_limit";
    case WebRefusal::kSlowReader:
      return "slow_reader";
    case WebRefusal::kTls:
      return "tls";
    case WebRefusal::kTimeout:
      return "timeout";
    case WebRefusal::kMalformed:
      return "bad_request";
    case WebRefusal::kRateLimit:
      return "rate_limit";
    case WebRefusal::kLoginLimit:
      return "login_limit";
    case WebRefusal::kLogin:
      return "login";
    case WebRefusal::kAmbiguous:
      return "ambiguous";
    case WebRefusal::kBody:
      return "body";
    case WebRefusal::kShortage:
      return "shortage";
    case WebRefusal::kForeign:
      return "foreign";
  }
  return "unknown";
}

}  // namespace connwatch
