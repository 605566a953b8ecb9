// The words for the log's level and format, in the configuration and on the command line.
#pragma once

#include <array>

#include "config/config.h"
#include "config/word_for.h"

namespace connwatch {

inline constexpr std::array kLogLevelWords = std::to_array<WordFor<LogLevel>>({
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warning", LogLevel::kWarning},
    {"error", LogLevel::kError},
});

inline constexpr std::array kLogFormatWords = std::to_array<WordFor<LogFormat>>({
    {"text", LogFormat::kText},
    {"json", LogFormat::kJson},
});

}  // namespace connwatch
