// One look for the sockets that a SocketQuery asks for: from the kernel into a BodyStream.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/base/instant.h"
#include "core/groups/connection_classifier.h"
#include "core/sockets/socket_source.h"
#include "exporters/http/body_stream.h"
#include "exporters/json/json_sockets.h"
#include "exporters/json/socket_query.h"

namespace connwatch {

/// For one thread, and one query.
class SocketSearch {
 public:
  struct Parts {
    SocketSource& source;
    ClassifierOptions classifier = {};
    ConnectionClassifier::UnitNames unit_names;
    /// What the metrics show as groups, where there was no room for all: any other is "other"
    /// there.
    std::optional<std::unordered_set<std::string>> shown_groups;
    std::function<Instant()> now;
    const std::atomic<bool>& is_stopping;
  };

  /// The whole of it may take so long.
  static constexpr std::chrono::seconds kTimeLimit{10};

  SocketSearch(Parts parts, SocketQuery query);

  /// Writes the answer; whoever called then completes the stream. What keeps the answer from being
  /// complete is said at its end. Returns early where nobody reads it, or when it is to stop.
  void Find(BodyStream& answer);

 private:
  using Take = std::function<bool(const RecordBatch& batch)>;

  // Hands the batches of a dump to `take` until that returns false, or the dump ends.
  Result<void> Dump(const DumpQuery& query, const Take& take);
  // Why to stop a dump under way; empty: not.
  std::string Obstacle();
  Result<void> FindIn(BodyStream& answer);
  // False when enough was found.
  bool Write(const RecordBatch& batch, BodyStream& answer);
  // Nothing where the socket is not asked for.
  std::optional<FoundSocket> Examine(const SocketRecord& record);

  Parts parts_;
  const SocketQuery query_;
  ConnectionClassifier classifier_;
  MonotonicTime deadline_;
  std::unordered_set<std::uint64_t> found_;  // cookies: a dump may deliver a socket twice
  std::string incomplete_because_;
};

}  // namespace connwatch
