#include "config/link_url.h"

#include <algorithm>

#include "config/http_url.h"
#include "config/template_check.h"
#include "core/alerts/alert_receiver.h"

namespace connwatch {

Result<std::string> ParseExternalUrl(std::string_view text) {
  if (text.empty()) return std::string();
  const Result<HttpUrl> url = ParseHttpUrl(text);
  if (!url) return url.error();
  if (url->has_query()) return Mistake("has a query (?), must have none");
  return std::string(text.substr(0, text.find_last_not_of('/') + 1));
}

Result<std::string> ParseRunbookUrl(std::string_view text) {
  if (text.empty()) return std::string();
  if (const auto checked = CheckTemplate(text, kRunbookWords); !checked) return checked.error();
  const std::string filled = FillTemplate(
      text, [](std::string_view) { return "Name"; }, kRunbookWords);
  // A fragment is for the reader's browser, so it may be in this URL.
  std::string url = filled;
  std::ranges::replace(url, '#', '/');
  if (const auto parsed = ParseHttpUrl(url); !parsed) return parsed.error();
  return filled == text ? std::string(text) + "{{alertname}}" : std::string(text);
}

}  // namespace connwatch
