// From the configuration to what the parts take: the command line's overrides, and the parts' own
// option structs, which know nothing of YAML.
#pragma once

#include "config/config_loader.h"
#include "core/connection_classifier.h"
#include "core/listener_board.h"
#include "core/socket_aggregator.h"
#include "daemon/options.h"
#include "exporters/http_server.h"

namespace connwatch {

/// The configuration file that the options name, or the defaults where they name none, with the
/// flags' overrides applied.
ConfigResult LoadEffectiveConfig(const Options& options);

AggregationOptions AggregationOptionsFrom(const Config& config);
ListenerBoardOptions ListenerBoardOptionsFrom(const Config& config);
ClassifierOptions ClassifierOptionsFrom(const Config& config);
HttpLimits HttpLimitsFrom(const Config& config);

}  // namespace connwatch
