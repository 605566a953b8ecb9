// The page at "/": one self-contained HTML document whose script shows what /api/v1/ answers. Its
// sources are in status_page/; the build puts them together (status_page/embed.cmake).
#pragma once

#include <string_view>

namespace connwatch {

std::string_view StatusPage();

/// Its Content-Security-Policy: nothing runs but the style and the script in it, by their hashes,
/// and nothing is asked but this server.
std::string_view StatusPagePolicy();

}  // namespace connwatch
