// Reads what the tracing of handshakes has counted, twice a second, and adds it up by group, by
// network namespace and by destination.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/base/instant.h"
#include "core/groups/connection_classifier.h"
#include "core/groups/group_rule.h"
#include "core/handshakes/destinations.h"
#include "core/handshakes/handshake_ledger.h"
#include "core/handshakes/handshake_source.h"
#include "core/handshakes/handshake_trends.h"
#include "core/handshakes/handshakes.h"
#include "monitor/kernel_reader.h"
#include "monitor/other_namespaces.h"

namespace connwatch {

/// Returns which details `rules` look at.
HandshakeDetail DetailFor(std::span<const GroupRule> rules);

/// Used by one thread.
class HandshakeWatch {
 public:
  /// `others` is nullptr if other network namespaces are not seen: their handshakes are then left
  /// out. All references must outlive the watch.
  HandshakeWatch(HandshakeSource& source, ConnectionClassifier& classifier,
                 ConnectionClassifier::UnitNames unit_names, OtherNamespaces* others,
                 KernelReader::Log log);

  /// Asks the source for what `rules` look at.
  void UseRules(std::span<const GroupRule> rules) { source_.Ask(DetailFor(rules)); }
  /// Counts the handshakes that have ended. Call it every HandshakeSource::kInterval. Logs when
  /// that fails, and when it works again.
  void Read(MonotonicTime now);

  /// As of the latest Read().
  std::shared_ptr<const Handshakes> Take(MonotonicTime now) const;
  TracingStatus status() const { return source_.status(); }

 private:
  void Add(const HandshakeBatch& batch, MonotonicTime now);

  HandshakeSource& source_;
  ConnectionClassifier& classifier_;
  const ConnectionClassifier::UnitNames unit_names_;
  OtherNamespaces* const others_;
  const KernelReader::Log log_;
  bool is_failing_ = false;
  HandshakeLedger ledger_;
  HandshakeTrends trends_;
  Destinations destinations_;
};

}  // namespace connwatch
