// The page at "/": one self-contained HTML document whose script shows what /api/v1/ answers. Its
// sources are in status_page/; the build puts them together (status_page/embed.cmake).
#pragma once

#include <string_view>

namespace connwatch {

std::string_view StatusPage();

/// The Content-Security-Policy of the page. Only its own style and script are allowed, by their
/// hashes, and the page may send requests only to this server.
std::string_view StatusPagePolicy();

}  // namespace connwatch
