// Replies whose body is JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "exporters/http/http_message.h"

namespace connwatch {

/// Returns a 200 with `json` as its body.
HttpReply JsonReply(std::string json);

/// Returns {"error": text}. `position` is where the mistake is in the query, if it is one of the
/// query: characters from 1 on.
HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position = {});

}  // namespace connwatch
