// Replies whose body is JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "exporters/http/http_message.h"
#include "exporters/http/rendered_pages.h"

namespace connwatch {

/// Returns a 200 with `json` as its body, which must be there.
HttpReply JsonReply(RenderedBody json);

/// Returns {"error": text}. `position` is the position of a mistake in the query, if that is the
/// error: in characters, from 1 on.
HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position = {});

}  // namespace connwatch
