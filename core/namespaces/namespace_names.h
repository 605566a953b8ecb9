// Gives every network namespace a name that a person knows it by, and that no other one has.
//
// The name is, in this order:
// 1. its name in /run/netns, unless a container runtime made that name up;
// 2. the container or pod that owns most of its sockets;
// 3. the systemd unit that does, or runtime and id of a container;
// 4. the name in /run/netns that a container runtime made up;
// 5. "unnamed-N", with the smallest free N.
// If another namespace has the name already, "-2", "-3" ... is added. A namespace keeps its name as
// long as it exists, unless one further up in this list becomes known: every change of a name ends
// the series of a namespace and begins others. Nobody is called "other", because that is what the
// namespaces without a place are called together. Pure; used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace connwatch {

/// What is known outside. Empty if it is not known. A name that has other characters than visible
/// ASCII, or is longer than NamespaceNames::kMaxLength, counts as not known.
struct NameCandidates {
  std::string mount = {};  // in /run/netns
  std::string unit = {};
  std::string container = {};  // of a pod "NAMESPACE/POD", of another "podman/NAME"
  // These are not used for the name.
  std::string pod_namespace = {};
  std::string pod = {};
};

/// Returns true iff a container runtime, not a person, gives such names in /run/netns: "cni-..."
/// (containerd), "netns-..." (podman), or nothing but hexadecimal digits and hyphens (docker,
/// CRI-O).
bool IsMadeByRuntime(std::string_view mount);

class NamespaceNames {
 public:
  static constexpr std::size_t kMaxLength = 320;

  NamespaceNames();

  /// Returns the name of the namespace with this cookie. Valid until the next call for it.
  const std::string& NameOf(std::uint64_t cookie, const NameCandidates& candidates);
  /// The namespace is gone. Others may have its name.
  void Forget(std::uint64_t cookie);

  /// Returns true iff only root can give such a name: in /run/netns, or a container's or pod's.
  bool IsGivenByRoot(std::uint64_t cookie) const;
  /// Returns true iff the namespace has only a number.
  bool IsUnnamed(std::uint64_t cookie) const;
  std::size_t size() const { return names_.size(); }

 private:
  // The better the larger.
  enum class Kind : std::uint8_t { kNumber, kRuntime, kUnit, kContainer, kPerson };
  struct Choice {
    Kind kind = Kind::kNumber;
    std::string base = {};  // empty for kNumber
  };
  struct Name {
    std::string text;
    Choice choice;
    unsigned number = 0;
  };
  // What is known of the names that begin with the same text.
  struct Base {
    unsigned first_free = 1;  // smaller numbers are taken
    std::size_t names = 0;
  };

  static Choice Choose(const NameCandidates& candidates);
  Name Take(Choice choice);
  void Release(const Name& name);

  std::unordered_map<std::uint64_t, Name> names_;  // by cookie
  std::unordered_map<std::string, Base> bases_;
  std::set<std::string> taken_;
};

}  // namespace connwatch
