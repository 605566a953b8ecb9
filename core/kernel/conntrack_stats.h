// What the kernel says about connection tracking. Plain values; procfs/ reads them.
#pragma once

#include <cstdint>
#include <optional>

namespace connwatch {

/// The connection tracking of the packet filter (netfilter), which has an entry for each flow, also
/// of other protocols than TCP. All but the limit is of this network namespace. All is absent if
/// nothing on the host uses connection tracking.
struct ConntrackStats {
  std::optional<std::uint64_t> entries;
  std::optional<std::uint64_t> entries_limit;  // nf_conntrack_max; 0: none
  // Packets that were dropped. kernel: NF_CT_STAT_INC(), 32 bits for each CPU.
  std::optional<std::uint64_t> insert_failed;  // an entry with the same addresses was there
  std::optional<std::uint64_t> drop;           // these, and those without room or memory
  /// Entries that were removed early, to make room in a full table.
  std::optional<std::uint64_t> early_drop;

  bool operator==(const ConntrackStats&) const = default;
};

}  // namespace connwatch
