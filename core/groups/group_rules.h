// Finds the first of many rules that takes a connection. The rules are compiled into look-up
// tables. GroupBook uses this when a connection is first seen and after a change of the rules, and
// in every poll for sockets that are not followed, such as SYN-RECV and TIME-WAIT.
//
// Rules that look only at the direction and either the local or the remote port are written into a
// table of ports, so any number of them costs two array look-ups. Every other rule is filed in a
// hash table, under all keys of one of its lists: the list whose busiest key is shared with the
// fewest other rules. Keys are ports (as aligned blocks), prefixes, units, or the beginnings of
// units. Each kind and length of key in use ("shape") costs one look-up, and each rule found by it
// is checked in full. So the cost grows with how different the rules are, not with their number. A
// key has several rules only if every list of these rules has a key that other rules have too.
// Rejected: bit vectors of all rules per key, ANDed (157 words of 64 bits a key for 10,000 rules);
// a decision tree (its size is not bounded by that of the rules).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "core/groups/group_rule.h"

namespace connwatch {

/// Immutable: any thread may ask it.
class GroupRules {
 public:
  /// No rules.
  GroupRules();
  /// Uses at most kMaxGroupRules rules. Further rules take nothing.
  explicit GroupRules(std::span<const GroupRule> rules);
  ~GroupRules();
  GroupRules(const GroupRules&) = delete;
  GroupRules& operator=(const GroupRules&) = delete;
  GroupRules(GroupRules&& other) noexcept;
  GroupRules& operator=(GroupRules&& other) noexcept;

  /// Returns the index of the first rule that takes the connection, or nullopt. Allocates nothing.
  std::optional<std::size_t> Match(const ConnectionTraits& traits) const;

 private:
  struct Compiled;  // keeps the hash map out of this header
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace connwatch
