// "/-/reload": loads the configuration again, as the same path of Prometheus does.
#pragma once

#include <functional>

#include "core/base/result.h"
#include "exporters/http/http_message.h"

namespace connwatch {

/// Loads the configuration and waits until that is done. The error is for people and may have
/// several lines. EBUSY means that there were too many reloads, and nothing was loaded: the client
/// should ask again in a second. Called on HTTP threads.
using ReloadAction = std::function<Result<void>()>;

/// Returns 200, 500 with the error, 429 after too many reloads, or 403 if `action` is empty.
HttpReply AnswerReload(const ReloadAction& action);

}  // namespace connwatch
