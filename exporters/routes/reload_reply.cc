#include "exporters/routes/reload_reply.h"

#include <cerrno>

#include "exporters/http/http_status.h"

namespace connwatch {

HttpReply AnswerReload(const ReloadAction& action) {
  if (!action) {
    return TextReply(kForbidden, "Not enabled. Start with --web.enable-lifecycle.\n");
  }
  const Result<void> reloaded = action();
  if (reloaded) return TextReply(kOk, "The configuration is reloaded.\n");
  if (reloaded.error().code == EBUSY) {
    HttpReply reply =
        TextReply(kTooManyRequests, "Not reloaded: " + reloaded.error().context + "\n");
    reply.headers.push_back({"Retry-After", "1"});
    return reply;
  }
  return TextReply(kInternalServerError, "Reload failed: " + reloaded.error().context + "\n");
}

}  // namespace connwatch
