// "/-/reload": loads the configuration again, as Prometheus has it.
#pragma once

#include <functional>
#include <string_view>

#include "core/base/result.h"
#include "exporters/http/http_reply.h"

namespace connwatch {

inline constexpr std::string_view kReloadPath = "/-/reload";

/// Loads the configuration and waits until that is done; the error is for people, several lines of
/// it. Called on HTTP threads.
using ReloadAction = std::function<Result<void>()>;

/// 200, or 500 with the error; 405 unless by POST or PUT; 403 where there is no `action`.
HttpReply AnswerReload(std::string_view method, const ReloadAction& action);

}  // namespace connwatch
