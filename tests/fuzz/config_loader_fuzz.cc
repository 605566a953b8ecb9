// Any bytes as a configuration file: either a Config, or mistakes of one line each.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "config/config_loader.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using connwatch::ConfigError;
  using connwatch::Require;
  const std::string text(bytes, bytes + size);
  const connwatch::ConfigResult result = connwatch::ParseConfig(text, "fuzz.yaml");
  const auto* errors = std::get_if<std::vector<ConfigError>>(&result);
  if (errors == nullptr) return 0;
  Require(!errors->empty() && errors->size() <= 20);
  for (const ConfigError& error : *errors) {
    Require(!error.message.empty() && error.ToString().find('\n') == std::string::npos);
    Require((error.line > 0) == (error.column > 0));
  }
  return 0;
}
