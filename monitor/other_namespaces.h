// Watches the network namespaces other than the host's own: asks a NamespaceSource what there is,
// and the file system what they are called. The sockets come with the polls of the host's own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "containers/owner_names.h"
#include "core/base/allowance.h"
#include "core/base/instant.h"
#include "core/kernel/namespace_source.h"
#include "core/namespaces/namespace_table.h"
#include "core/namespaces/poll_splitter.h"
#include "monitor/kernel_reader.h"
#include "procfs/netns_names.h"

namespace connwatch {

/// Used by one thread.
class OtherNamespaces {
 public:
  /// Takes limits, thresholds and windows from `config`. `connections` is the room for connections
  /// that are followed. All references must outlive this.
  OtherNamespaces(const Config& config, NamespaceSource& source, Allowance& connections,
                  OwnerNames& owner_names, KernelReader::Log log);
  ~OtherNamespaces() = default;
  OtherNamespaces(const OtherNamespaces&) = delete;
  OtherNamespaces& operator=(const OtherNamespaces&) = delete;

  /// Returns the work of a tier that passes the host's own sockets on to `host`, which must outlive
  /// this.
  PollWork& Split(Tier tier, PollWork& host);

  void UseThresholds(const DiagnosisThresholds& thresholds) { table_.UseThresholds(thresholds); }
  /// Call after polls of the handshakes tier and of the full tier.
  void Judge(MonotonicTime now) { table_.Judge(now); }
  NetworkNamespaces List(MonotonicTime now);

  /// Counts handshakes of another namespace.
  void AddHandshakes(const HandshakeBatch& batch, MonotonicTime now) {
    table_.AddHandshakes(batch, now);
  }
  /// A connection of another namespace has ended.
  void OnDestroyed(const SocketRecord& record, MonotonicTime now) {
    table_.OnDestroyed(record, now);
  }
  /// See NamespaceTable::NameOf.
  std::string_view NameOf(std::uint64_t cookie) const { return table_.NameOf(cookie); }

 private:
  // Logs when the namespaces cannot be read any more, and when they can be read again.
  std::optional<std::vector<NamespaceFacts>> ReadFacts();
  NameCandidates FindNames(const NamespaceClues& clues, MonotonicTime now);

  NamespaceSource& source_;
  OwnerNames& owner_names_;
  const KernelReader::Log log_;
  bool is_failing_ = false;
  NetnsNames netns_names_;
  NamespaceTable table_;
  std::vector<std::unique_ptr<PollSplitter>> splitters_;
};

}  // namespace connwatch
