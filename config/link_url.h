// Parses the addresses that alerts tell people: of the status page, and of runbooks. Pure. An
// error's context says what is wrong and what would be right.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace connwatch {

/// A http or https URL, without a query and without a fragment. Returns it without slashes at its
/// end. An empty text stays empty.
Result<std::string> ParseExternalUrl(std::string_view text);

/// A http or https URL. Returns it with {{alertname}} in it, at its end if it had none. An empty
/// text stays empty.
Result<std::string> ParseRunbookUrl(std::string_view text);

}  // namespace connwatch
