// The keys of the configuration file: where each goes in Config, and which values it may have. A
// new key is a member in config.h, a line in config_schema.cc, and its lines in connwatch.yaml.
#pragma once

#include "config/config.h"
#include "config/value_reader.h"

namespace connwatch {

/// Reads a whole document into `config`, which must outlive it.
ValueReader ConfigSchema(Config& config);

}  // namespace connwatch
