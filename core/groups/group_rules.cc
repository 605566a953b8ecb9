#include "core/groups/group_rules.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/groups/port_painter.h"
#include "core/groups/rule_key.h"
#include "core/groups/rule_matcher.h"

namespace connwatch {

namespace {

bool TakesDirection(const GroupMatch& match, Direction direction) {
  return !match.direction || *match.direction == direction;
}

RuleIndex RuleFor(const PortTable& table, std::uint16_t port) {
  return table.empty() ? kNoRule : table[port];
}

// The rules under one key: a part of the list FiledRules::rules, which all keys share.
struct Stretch {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct ShapeInUse {
  KeyShape shape;
  RuleIndex first_rule = kNoRule;
};

// The rules that are found by their keys. The shapes are in the order of their first rules.
struct FiledRules {
  std::vector<ShapeInUse> shapes;
  tsl::robin_map<KeyHash, Stretch> by_key;
  std::vector<RuleIndex> rules;  // ascending within a stretch
};

// The rules of one direction.
struct DirectionRules {
  PortTable by_local_port;
  PortTable by_remote_port;
  FiledRules filed;
  /// The first rule that takes everything. Rules after it are not kept.
  RuleIndex takes_all = kNoRule;
};

// A rule that is to be filed under the keys of one of its lists.
struct Filing {
  RuleIndex rule = kNoRule;
  std::vector<std::vector<RuleKey>> lists;
};

using KeyUses = std::map<RuleKey, std::size_t>;

KeyUses CountUses(const std::vector<Filing>& filings) {
  KeyUses uses;
  for (const Filing& filing : filings) {
    for (const auto& keys : filing.lists) {
      for (const RuleKey& key : keys) ++uses[key];
    }
  }
  return uses;
}

// Returns the list whose busiest key is used by the fewest rules. If several are equal, the
// shortest.
const std::vector<RuleKey>& MostSelective(const Filing& filing, const KeyUses& uses) {
  const auto rank = [&uses](const std::vector<RuleKey>& keys) {
    std::size_t most = 0;
    for (const RuleKey& key : keys) most = std::max(most, uses.at(key));
    return std::pair(most, keys.size());
  };
  return *std::min_element(filing.lists.begin(), filing.lists.end(),
                           [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

FiledRules File(const std::vector<Filing>& filings) {
  const KeyUses uses = CountUses(filings);
  std::map<KeyHash, std::vector<RuleIndex>> rules_by_key;  // equal hashes share an entry
  std::map<KeyShape, RuleIndex> first_rules;
  for (const Filing& filing : filings) {
    for (const RuleKey& key : MostSelective(filing, uses)) {
      rules_by_key[key.hash].push_back(filing.rule);
      first_rules.emplace(key.shape, filing.rule);
    }
  }
  FiledRules filed;
  for (const auto& [shape, rule] : first_rules) filed.shapes.push_back({shape, rule});
  std::stable_sort(filed.shapes.begin(), filed.shapes.end(),
                   [](const auto& a, const auto& b) { return a.first_rule < b.first_rule; });
  for (const auto& [key, rules] : rules_by_key) {
    const auto begin = static_cast<std::uint32_t>(filed.rules.size());
    filed.rules.insert(filed.rules.end(), rules.begin(), rules.end());
    filed.by_key[key] = {begin, static_cast<std::uint32_t>(filed.rules.size())};
  }
  return filed;
}

// Returns true iff the rule looks only at the direction and the ports of one side. If so, paints
// these ports.
bool PaintIfByPort(const GroupMatch& match, RuleIndex rule, std::size_t list_count,
                   std::array<PortPainter*, 2> painters) {
  if (list_count != 1) return false;
  for (const PortRange range : match.local_ports) painters[0]->Paint(range, rule);
  for (const PortRange range : match.remote_ports) painters[1]->Paint(range, rule);
  return !match.local_ports.empty() || !match.remote_ports.empty();
}

DirectionRules Compile(const std::vector<RuleMatcher>& matchers, Direction direction) {
  DirectionRules compiled;
  PortPainter local;
  PortPainter remote;
  std::vector<Filing> filings;
  for (std::size_t i = 0; i < matchers.size(); ++i) {
    const auto rule = static_cast<RuleIndex>(i);
    const GroupMatch& match = matchers[i].match();
    if (!TakesDirection(match, direction)) continue;
    std::vector<std::vector<RuleKey>> lists = KeysOf(match);
    if (lists.empty()) {
      compiled.takes_all = rule;
      break;
    }
    if (PaintIfByPort(match, rule, lists.size(), {&local, &remote})) continue;
    filings.push_back({rule, std::move(lists)});
  }
  compiled.by_local_port = std::move(local).Take();
  compiled.by_remote_port = std::move(remote).Take();
  compiled.filed = File(filings);
  return compiled;
}

// Returns the first rule before `before` that is filed under a key of the connection and takes it.
// Returns `before` if there is none.
RuleIndex FirstFiled(const FiledRules& filed, const std::vector<RuleMatcher>& matchers,
                     const ConnectionTraits& traits, RuleIndex before) {
  for (const ShapeInUse& use : filed.shapes) {
    if (use.first_rule >= before) break;
    const std::optional<KeyHash> key = KeyOf(traits, use.shape);
    if (!key) continue;
    const auto found = filed.by_key.find(*key);
    if (found == filed.by_key.end()) continue;
    for (std::uint32_t i = found->second.begin; i < found->second.end; ++i) {
      const RuleIndex rule = filed.rules[i];
      if (rule >= before) break;
      if (matchers[rule].Matches(traits)) before = rule;
    }
  }
  return before;
}

}  // namespace

struct GroupRules::Compiled {
  std::vector<RuleMatcher> matchers;
  std::array<DirectionRules, kDirectionCount> by_direction;
};

GroupRules::GroupRules() = default;
GroupRules::~GroupRules() = default;
GroupRules::GroupRules(GroupRules&& other) noexcept = default;
GroupRules& GroupRules::operator=(GroupRules&& other) noexcept = default;

GroupRules::GroupRules(std::span<const GroupRule> rules) {
  if (rules.empty()) return;
  auto compiled = std::make_unique<Compiled>();
  for (const GroupRule& rule : rules.first(std::min(rules.size(), kMaxGroupRules))) {
    compiled->matchers.emplace_back(rule.match);
  }
  for (const Direction direction : kDirections) {
    compiled->by_direction[IndexOf(direction)] = Compile(compiled->matchers, direction);
  }
  compiled_ = std::move(compiled);
}

std::optional<std::size_t> GroupRules::Match(const ConnectionTraits& traits) const {
  if (!compiled_) return std::nullopt;
  const DirectionRules& rules = compiled_->by_direction[IndexOf(traits.direction)];
  const RuleIndex by_port =
      std::min({rules.takes_all, RuleFor(rules.by_local_port, traits.local.port),
                RuleFor(rules.by_remote_port, traits.remote.port)});
  const RuleIndex rule = FirstFiled(rules.filed, compiled_->matchers, traits, by_port);
  if (rule == kNoRule) return std::nullopt;
  return rule;
}

}  // namespace connwatch
