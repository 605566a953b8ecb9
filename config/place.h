// A value of a configuration file that is being read: where it stands, and where its mistakes go.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/config_error.h"
#include "config/yaml_tree.h"

namespace connwatch {

/// The path of `key` in the mapping at `key_path`: "poll.full".
std::string KeyPathBelow(const std::string& key_path, const std::string& key);

/// A value to be read, under its key path, and the list for the mistakes in it.
struct Place {
  const YamlNode& node;
  std::string key_path;
  ConfigErrorList& errors;

  /// Adds a mistake at the value itself.
  void Reject(std::string message) const;
  /// Returns true iff nothing is given: whoever comments out all that is below a key, or a whole
  /// file, leaves this.
  bool HasNothing() const { return node.kind == YamlNode::Kind::kNull; }
  /// Returns true iff the value is of `kind`. If not, adds a mistake that says what it `must_be`.
  bool Is(YamlNode::Kind kind, const std::string& must_be) const;
  /// The place of the item `index` of a list.
  Place Item(std::size_t index) const;
  /// The place of the value under `key` of a mapping, the first if there are several.
  std::optional<Place> Find(std::string_view key) const;
};

}  // namespace connwatch
