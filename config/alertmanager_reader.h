// The piece of the schema that reads who is told of alerts, put together from value_reader.h.
#pragma once

#include <vector>

#include "config/value_reader.h"
#include "core/alerts/alert_receiver.h"

namespace connwatch {

/// A list of at most kMaxAlertReceivers Alertmanagers (`url`) and webhooks (`webhook`), each with a
/// destination of its own. Files that are named must be readable.
ValueReader Alertmanagers(std::vector<AlertReceiver>& receivers);

}  // namespace connwatch
