// The pages for people, each one self-contained HTML document: the status page at "/", whose script
// shows what /api/v1/ answers, and the runbook, which says what to do about alerts. Their sources
// are in status_page/; the build puts them together (status_page/embed.cmake).
#pragma once

#include <string_view>

namespace connwatch {

std::string_view StatusPage();

/// The Content-Security-Policy of the page. Only its own style and script are allowed, by their
/// hashes, and the page may send requests only to this server.
std::string_view StatusPagePolicy();

/// A section for each default alert rule. Its id is the name of the rule.
std::string_view RunbookPage();

/// The same for the runbook, which has no script and sends no request.
std::string_view RunbookPagePolicy();

}  // namespace connwatch
