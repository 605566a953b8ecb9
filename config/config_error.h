// Mistakes in a configuration file, as people read them, and the bounded list that collects them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "config/yaml_tree.h"

namespace connwatch {

/// One mistake in a configuration file.
struct ConfigError {
  std::string file;
  int line = 0;          // from 1; 0 if the mistake is about the whole file (unreadable, too large)
  int column = 0;        // from 1, in bytes; 0 in the same case
  std::string key_path;  // "poll.full", "histograms.rtt[3]"; empty at the top level
  std::string message;   // what is wrong and what would be right

  /// "file:line:column: key.path: message" on one line; absent parts are left out.
  std::string ToString() const;
};

/// All errors, one on each line.
std::string Joined(const std::vector<ConfigError>& errors);

/// The first 20 mistakes of one file.
class ConfigErrorList {
 public:
  explicit ConfigErrorList(std::string file) : file_(std::move(file)) {}

  /// Adds a mistake. Does nothing if the list is full.
  void Add(TextPosition position, std::string key_path, std::string message);

  bool empty() const { return errors_.empty(); }
  bool full() const { return errors_.size() == kMaxErrors; }
  std::size_t size() const { return errors_.size(); }

  /// The mistakes in the order of the file. Those in one place keep the order they were added in.
  std::vector<ConfigError> TakeSorted() &&;

 private:
  static constexpr std::size_t kMaxErrors = 20;

  std::string file_;
  std::vector<ConfigError> errors_;
};

}  // namespace connwatch
