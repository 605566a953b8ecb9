// All network namespaces of the host but its own: finds the NamespaceWatch of each, forgets those
// that are gone, names them, and decides which have a place (core/listeners/places.h). The others
// are summed up. Pure; time is passed in. Used by one thread.
//
// A namespace without a name has no place before its first socket, which most likely gives it one:
// a change of the name ends its series. The place of one that only root can name is free as soon as
// it ends. Others change hands rarely: any user may make namespaces, and so new series.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/allowance.h"
#include "core/base/instant.h"
#include "core/base/sliding_peak.h"
#include "core/handshakes/handshake_batch.h"
#include "core/kernel/namespace_source.h"
#include "core/listeners/places.h"
#include "core/namespaces/listener_order.h"
#include "core/namespaces/namespace_names.h"
#include "core/namespaces/namespace_watch.h"
#include "core/namespaces/network_namespace.h"
#include "core/polling/tier.h"

namespace connwatch {

struct NamespaceTableOptions {
  /// How many namespaces have a place. 0 is allowed.
  std::size_t max_shown = 250;
  NamespaceWatchOptions watch = {};
};

/// By what a namespace may be known outside.
struct NamespaceClues {
  std::uint64_t cookie = 0;
  std::uint32_t inode = 0;                 // 0 if it is not known
  std::span<const std::uint64_t> cgroups;  // of its sockets, the one with most first
};

class NamespaceTable {
 public:
  /// The most that are followed. Further ones are left out, and counted.
  static constexpr std::size_t kMaxNamespaces = 4'096;
  /// How often they are read at most because something is told of a namespace that is not known.
  static constexpr std::chrono::milliseconds kUrgentFactsInterval{100};
  /// The most that are counted as left out.
  static constexpr std::size_t kMaxLeftOut = 65'536;
  /// The most LISTEN sockets that are remembered, of all namespaces together.
  static constexpr std::size_t kMaxListeningSockets = 131'072;
  /// How often the facts are read at most.
  static constexpr std::chrono::seconds kFactsInterval{1};
  /// How long a namespace is remembered that no poll meets, if the kernel does not list it.
  static constexpr std::chrono::minutes kMemory{5};

  /// Returns every namespace but the host's own, nullopt if they cannot be read now.
  using ReadFacts = std::function<std::optional<std::vector<NamespaceFacts>>()>;
  using FindNames = std::function<NameCandidates(const NamespaceClues& clues, MonotonicTime now)>;

  /// `connections` is the room for connections that are followed. It must outlive the table.
  NamespaceTable(const NamespaceTableOptions& options, Allowance& connections, ReadFacts read_facts,
                 FindNames find_names);
  ~NamespaceTable();
  NamespaceTable(const NamespaceTable&) = delete;
  NamespaceTable& operator=(const NamespaceTable&) = delete;

  // The polls of each tier, as PollWork has them. Polls of different tiers may overlap. Before
  // polls of the listeners and handshakes tiers the facts are read, if the latest ones are older
  // than kFactsInterval.
  void Begin(Tier tier, Instant now);
  /// `records` are sockets of the namespace with this cookie.
  void Add(Tier tier, std::uint64_t cookie, std::span<const SocketRecord> records, Instant now);
  void Complete(Tier tier, Instant now);

  /// Counts handshakes of the namespace that they name; if it is gone, among the others.
  void AddHandshakes(const HandshakeBatch& batch, MonotonicTime now);
  /// A connection has ended, in the namespace that the record names. Likewise.
  void OnDestroyed(const SocketRecord& record, MonotonicTime now);
  /// What the namespace with this cookie is called; empty if it is not known. Valid until the table
  /// is changed.
  std::string_view NameOf(std::uint64_t cookie) const;

  void UseThresholds(const DiagnosisThresholds& thresholds);
  /// Diagnoses the listeners of all namespaces, names the namespaces, and decides which have a
  /// place.
  void Judge(MonotonicTime now);

  /// As of the latest Judge().
  NetworkNamespaces List(MonotonicTime now) const;
  /// How many namespaces are followed.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry;
  struct Index;  // keeps the hash map out of this header

  void ReadFactsIfDue(MonotonicTime now);
  void UseFacts(std::span<const NamespaceFacts> facts, MonotonicTime now);
  void ForgetUnlisted(std::span<const NamespaceFacts> facts);
  void AddListeners(std::uint64_t cookie, std::span<const SocketRecord> records, MonotonicTime now);
  // The poll of the listeners tier in progress meets the sockets in another order than the one
  // before. So each namespace has to be told of all of its sockets.
  void LeaveOrder();
  // nullptr: no room. Valid until a namespace is forgotten. Meet() notes that it has sockets.
  Entry* FindOrAdmit(std::uint64_t cookie, MonotonicTime now);
  Entry* Admit(std::uint64_t cookie, MonotonicTime now);
  Entry* Meet(std::uint64_t cookie, MonotonicTime now);
  void TakeFreePlace(Entry& entry, MonotonicTime now);
  // Of what is told outside of polls. Returns nullptr if the kernel does not list it any more.
  Entry* FindListed(std::uint64_t cookie, MonotonicTime now);
  template <typename Predicate>
  void Forget(Predicate is_gone);
  void NameIt(Entry& entry, MonotonicTime now);
  // Books what is new for the entry, or for the others if it has no place.
  void Book(Entry& entry);
  void AssignPlaces(MonotonicTime now);
  NamespaceCounts CountOthers(MonotonicTime now) const;
  void ObserveOthers(MonotonicTime now);

  NamespaceTableOptions options_;
  Allowance& connections_;
  Allowance listening_{kMaxListeningSockets};
  ListenerOrder order_;
  const ReadFacts read_facts_;
  const FindNames find_names_;

  std::vector<std::unique_ptr<Entry>> entries_;
  std::unique_ptr<Index> index_;
  Entry* latest_ = nullptr;  // that was found: a walk often meets the same namespace again
  Places<std::uint64_t> places_;
  NamespaceNames names_;
  NamespaceGrowth growth_of_others_;
  std::unique_ptr<NamespaceWatch> unlisted_;  // counts the connections of namespaces that are gone
  SlidingPeak<std::uint64_t> accept_peak_of_others_;
  SlidingPeak<std::uint64_t> syn_peak_of_others_;

  std::optional<MonotonicTime> facts_read_at_;  // or tried to
  std::unordered_set<std::uint64_t> left_out_;  // cookies
  PerTier<std::optional<Instant>> in_flight_;   // since when; stays after a poll that failed
  std::optional<MonotonicTime> full_poll_;      // the beginning of the latest complete one
};

}  // namespace connwatch
