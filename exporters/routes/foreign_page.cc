#include "exporters/routes/foreign_page.h"

#include <algorithm>
#include <string_view>

#include "core/base/ip_address.h"
#include "exporters/http/ascii_quoted.h"
#include "exporters/http/client_address.h"
#include "exporters/http/host_header.h"

namespace connwatch {

namespace {

bool IsOwn(std::string_view host, const HostNames& names) {
  return IsSameHost(host, "localhost") || IpAddress::Parse(host) ||
         std::ranges::any_of(names,
                             [host](const std::string& name) { return IsSameHost(host, name); });
}

// No browser leaves Host out. HTTP/1.0 may.
std::optional<std::string> WhyForeignHost(const HttpRequest& request, const HostNames& names) {
  if (request.host.empty() || request.client.has_logged_in) return std::nullopt;
  const auto host = ParseHost(request.host);
  if (host && IsOwn(host->host, names)) return std::nullopt;
  return "the Host header is " + AsciiQuoted(request.host) +
         ", which is not known as a name of this host; use localhost or an address, or add the "
         "name to web.host_names";
}

}  // namespace

std::optional<std::string> WhyForeignReader(const HttpRequest& request, const HostNames& names) {
  if (!IsLoopback(request.client.address)) return std::nullopt;
  return WhyForeignHost(request, names);
}

std::optional<std::string> WhyForeignWriter(const HttpRequest& request, const HostNames& names) {
  const std::string_view site = request.sec_fetch_site;  // "none": a person, and no page
  if (!site.empty() && site != "same-origin" && site != "none") {
    return "the browser says that it comes from a page of another site";
  }
  // Another port of the same host may be anybody's.
  if (!request.origin.empty() && !IsOriginOf(request.origin, request.host)) {
    return "it comes from a page of " + AsciiQuoted(request.origin) + ", not of " +
           AsciiQuoted(request.host);
  }
  if (request.client.address == kUnixClient) return std::nullopt;
  return WhyForeignHost(request, names);
}

}  // namespace connwatch
