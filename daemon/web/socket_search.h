// One search for the sockets that a SocketQuery asks for. Reads from the kernel and writes into a
// BodyStream.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/base/instant.h"
#include "core/groups/connection_classifier.h"
#include "core/snapshot.h"
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
    /// What the metrics show. So a socket is shown with the group that it has there. May be null.
    std::shared_ptr<const Snapshot> snapshot;
    std::function<Instant()> now;
    const std::atomic<bool>& is_stopping;
  };

  /// The longest time that the whole search may take.
  static constexpr std::chrono::seconds kTimeLimit{10};

  SocketSearch(Parts parts, SocketQuery query);

  /// Writes the answer. The caller must then complete the stream. If the answer is not complete,
  /// its end says why. Returns early if nobody reads the answer, or if the search must stop.
  void Find(BodyStream& answer);

 private:
  using Take = std::function<bool(const RecordBatch& batch)>;

  // Passes the batches of a dump to `take` until it returns false or the dump ends.
  Result<void> Dump(const DumpQuery& query, const Take& take);
  // Returns why the dump under way must stop; empty if it need not.
  std::string Obstacle();
  Result<void> FindIn(BodyStream& answer);
  // Returns false if no more sockets are needed.
  bool Write(const RecordBatch& batch, BodyStream& answer);
  // nullopt if the query does not ask for the socket.
  std::optional<FoundSocket> Examine(const SocketRecord& record);
  // Makes the classifier judge ports as the snapshot does.
  void FollowSnapshot();

  Parts parts_;
  const SocketQuery query_;
  ConnectionClassifier classifier_;
  /// The groups that the metrics show, if they sum up others as "other".
  std::optional<std::unordered_set<std::string>> shown_groups_;
  MonotonicTime deadline_;
  std::unordered_set<std::uint64_t> found_;  // cookies: a dump may deliver a socket twice
  std::string incomplete_because_;
};

}  // namespace connwatch
