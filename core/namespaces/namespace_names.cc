#include "core/namespaces/namespace_names.h"

#include <algorithm>
#include <utility>

namespace connwatch {

namespace {

constexpr std::string_view kUnnamed = "unnamed";

bool IsUsable(std::string_view name) {
  const auto is_visible = [](char character) { return character > ' ' && character <= '~'; };
  return !name.empty() && name.size() <= NamespaceNames::kMaxLength &&
         std::ranges::all_of(name, is_visible);
}

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

}  // namespace

bool IsMadeByRuntime(std::string_view mount) {
  constexpr std::string_view kPodman = "netns-";
  constexpr std::size_t kShortestHash = 12;
  return mount.starts_with("cni-") ||
         (mount.starts_with(kPodman) && IsHex(mount.substr(kPodman.size()))) ||
         (mount.size() >= kShortestHash && IsHex(mount));
}

NamespaceNames::NamespaceNames() : taken_{"other"} {}

NamespaceNames::Choice NamespaceNames::Choose(const NameCandidates& candidates) {
  const bool has_mount = IsUsable(candidates.mount);
  if (has_mount && !IsMadeByRuntime(candidates.mount)) return {Kind::kPerson, candidates.mount};
  if (IsUsable(candidates.container)) return {Kind::kContainer, candidates.container};
  if (IsUsable(candidates.unit)) return {Kind::kUnit, candidates.unit};
  if (has_mount) return {Kind::kRuntime, candidates.mount};
  return {};
}

const std::string& NamespaceNames::NameOf(std::uint64_t cookie, const NameCandidates& candidates) {
  Choice choice = Choose(candidates);
  const auto known = names_.find(cookie);
  if (known == names_.end())
    return names_.emplace(cookie, Take(std::move(choice))).first->second.text;
  if (choice.kind > known->second.choice.kind) {
    Release(known->second);
    known->second = Take(std::move(choice));
  }
  return known->second.text;
}

// The text of one base and number may also be that of another base: "web-2" may be the second
// "web".
NamespaceNames::Name NamespaceNames::Take(Choice choice) {
  Base& base = bases_[choice.base];
  ++base.names;
  const bool is_only_number = choice.kind == Kind::kNumber;
  for (unsigned number = base.first_free;; ++number) {
    std::string text = is_only_number ? std::string(kUnnamed) : choice.base;
    if (number > 1 || is_only_number) text += "-" + std::to_string(number);
    if (!taken_.insert(text).second) continue;
    base.first_free = number + 1;
    return {std::move(text), std::move(choice), number};
  }
}

void NamespaceNames::Release(const Name& name) {
  taken_.erase(name.text);
  const auto base = bases_.find(name.choice.base);
  base->second.first_free = std::min(base->second.first_free, name.number);
  if (--base->second.names == 0) bases_.erase(base);
}

void NamespaceNames::Forget(std::uint64_t cookie) {
  const auto known = names_.find(cookie);
  if (known == names_.end()) return;
  Release(known->second);
  names_.erase(known);
}

bool NamespaceNames::IsGivenByRoot(std::uint64_t cookie) const {
  const auto known = names_.find(cookie);
  return known != names_.end() && known->second.choice.kind >= Kind::kContainer;
}

bool NamespaceNames::IsUnnamed(std::uint64_t cookie) const {
  const auto known = names_.find(cookie);
  return known == names_.end() || known->second.choice.kind == Kind::kNumber;
}

}  // namespace connwatch
