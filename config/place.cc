#include "config/place.h"

#include <algorithm>
#include <utility>

#include "config/printable.h"

namespace connwatch {

namespace {

std::string WhatIs(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "has no value";
    case YamlNode::Kind::kScalar:
      return Quoted(node.text) + " is a single value";
    case YamlNode::Kind::kSequence:
      return "is a list";
    case YamlNode::Kind::kMapping:
      return "is a mapping";
  }
  return {};
}

}  // namespace

std::string KeyPathBelow(const std::string& key_path, const std::string& key) {
  return key_path.empty() ? key : key_path + "." + key;
}

void Place::Reject(std::string message) const {
  errors.Add(node.position, key_path, std::move(message));
}

bool Place::Is(YamlNode::Kind kind, const std::string& must_be) const {
  if (node.kind == kind) return true;
  Reject(WhatIs(node) + ", must be " + must_be);
  return false;
}

Place Place::Item(std::size_t index) const {
  return {node.children[index], key_path + "[" + std::to_string(index) + "]", errors};
}

std::optional<Place> Place::Find(std::string_view key) const {
  const auto value = std::find_if(node.children.begin(), node.children.end(),
                                  [key](const YamlNode& child) { return child.key == key; });
  if (value == node.children.end()) return std::nullopt;
  return Place{*value, KeyPathBelow(key_path, value->key), errors};
}

}  // namespace connwatch
