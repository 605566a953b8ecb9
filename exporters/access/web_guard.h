// Checks every HTTP request before it is answered: first the rate limit, then the log-in. Holds the
// policy of --web.config.file that is in force, for all servers together. Counts the clients that
// are refused, here or elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/web/web_access.h"
#include "core/web/web_refusal.h"
#include "exporters/access/authenticator.h"
#include "exporters/access/token_bucket.h"
#include "exporters/http/client_address.h"
#include "exporters/http/http_message.h"
#include "exporters/tls/tls_context.h"

namespace connwatch {

/// The rules in force: WebAccess and what was made from it. Immutable.
struct WebPolicy {
  WebAccess access;
  std::shared_ptr<const TlsContext> tls;  // null: plain HTTP

  /// Errors: see TlsContext::Create.
  static Result<std::shared_ptr<const WebPolicy>> Create(WebAccess access);
};

struct WebVisitor {
  ClientIdentity client;
  std::string_view authorization;  // the header, empty if there is none
};

/// May be used from several threads.
class WebGuard {
 public:
  /// Takes a line for the log, which contains no secrets. Called on any thread.
  using RefusalLog = std::function<void(WebRefusal reason, const std::string& line)>;

  WebGuard(std::shared_ptr<const WebPolicy> policy, RefusalLog log);

  /// Makes `policy` the one in force. It does not switch TLS on or off: the servers keep that as it
  /// was.
  void Enforce(std::shared_ptr<const WebPolicy> policy);
  std::shared_ptr<const WebPolicy> policy() const;

  /// Returns the reply, 401 or 429, if `policy` refuses the request, else nullopt. Counts every
  /// refusal, and logs those of log-ins. May take as long as one bcrypt computation.
  std::optional<HttpReply> Refuse(const WebPolicy& policy, const WebVisitor& visitor,
                                  MonotonicTime now);

  /// Counts a refusal that another part decided, and passes `line` to the log.
  void RecordRefusal(WebRefusal reason, const std::string& line);

  /// How many clients were refused since the start, by reason.
  WebRefusalCounts refusals() const;

 private:
  // How long it takes until the rate limit permits a request. If that is 0, the request is counted.
  std::chrono::nanoseconds WaitForRate(MonotonicTime now);
  HttpReply RefuseLogin(const WebVisitor& visitor, const std::string& why);
  void Count(WebRefusal reason);

  const RefusalLog log_;
  Authenticator authenticator_;
  mutable Mutex mutex_;
  std::shared_ptr<const WebPolicy> policy_ CONNWATCH_GUARDED_BY(mutex_);
  std::optional<TokenBucket> requests_ CONNWATCH_GUARDED_BY(mutex_);  // absent: no limit
  WebRefusalCounts refusals_ CONNWATCH_GUARDED_BY(mutex_){};
};

}  // namespace connwatch
