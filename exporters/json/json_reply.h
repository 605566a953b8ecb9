// Replies whose body is JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "exporters/http/http_message.h"
#include "exporters/http/rendered_pages.h"

namespace connwatch {

/// Returns a 200 with `json` as its body, which must be there.
HttpReply JsonReply(RenderedBody json);

/// Returns {"error": text}. `position` is the position of a mistake in the query, if that is the
/// error: in characters, from 1 on.
HttpReply ErrorReply(unsigned status, const std::string& text,
                     std::optional<std::size_t> position = {});

/// Returns a 429 that asks for a second's patience if the error is EBUSY, else a 503.
HttpReply NotNowReply(const Error& error);

}  // namespace connwatch
