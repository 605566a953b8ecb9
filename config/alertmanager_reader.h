// The part of the schema that reads the receivers of alerts, built with value_reader.h.
#pragma once

#include <vector>

#include "config/value_reader.h"
#include "core/alerts/alert_receiver.h"

namespace connwatch {

/// A list of at most kMaxAlertReceivers Alertmanagers (`url`) and webhooks (`webhook`), all with
/// different destinations. Files that they name must be readable.
ValueReader Alertmanagers(std::vector<AlertReceiver>& receivers);

}  // namespace connwatch
