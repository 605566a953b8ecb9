// What a webhook is sent: one JSON object about one alert, or what the user's template makes of it.
// Bytes that are not UTF-8 are replaced. Pure.
#pragma once

#include <string>
#include <string_view>

#include "exporters/notify/alert_notice.h"

namespace connwatch {

/// Returns the daemon's own object if `body` is empty. Else returns `body` with kWebhookWords
/// filled in; their values are escaped for a JSON string.
std::string WebhookBody(const AlertReport& report, const NoticeContext& context,
                        std::string_view body);

}  // namespace connwatch
