// Protects against web pages of somebody else. A browser on this host, or in its network, can be
// made by any page to send requests here. The page must not be able to change anything (cross-site
// request forgery). And it must not be able to read what only users of this host can reach: for
// that it has a name of its own mean this host (DNS rebinding). The headers Host and Origin and the
// Sec-Fetch headers show both, because no page can change them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exporters/http/http_message.h"

namespace connwatch {

/// The names of this host, beside "localhost" and addresses. Any other name may be one that a
/// stranger has made point here.
using HostNames = std::vector<std::string>;

/// Returns why `request`, which came over loopback, may be from a page that uses a name of its own
/// for this host; nullopt if it is not. Such a page never has the password or the certificate that
/// this host asks for, so who has logged in may use any name. Always nullopt for requests that came
/// another way: whoever can reach this host over the network can read the same.
std::optional<std::string> WhyForeignReader(const HttpRequest& request, const HostNames& names);

/// Returns why `request`, which changes something, may be from a page of somebody else; nullopt if
/// it is not. Origin and Sec-Fetch-Site count even for who has logged in, because a browser sends
/// the password by itself. Host does not count over a unix socket, where programs write anything.
std::optional<std::string> WhyForeignWriter(const HttpRequest& request, const HostNames& names);

}  // namespace connwatch
