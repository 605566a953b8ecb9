#include "daemon/web/socket_search.h"

#include <poll.h>

#include <string_view>
#include <utility>
#include <vector>

namespace connwatch {

namespace {

constexpr std::string_view kOther = "other";

// Here every group gets its own name. Which groups the metrics show is already known.
ClassifierOptions WithAllGroups(ClassifierOptions options) {
  options.groups.max_groups = GroupBook::kMaxPlaces;
  return options;
}

}  // namespace

SocketSearch::SocketSearch(Parts parts, SocketQuery query)
    : parts_(std::move(parts)),
      query_(std::move(query)),
      classifier_(WithAllGroups(parts_.classifier), parts_.unit_names) {
  if (parts_.snapshot) FollowSnapshot();
}

void SocketSearch::FollowSnapshot() {
  const Snapshot& snapshot = *parts_.snapshot;
  classifier_.TakeForServices(snapshot.groups);
  if (snapshot.kernel.limits && snapshot.kernel.limits->ephemeral_ports) {
    classifier_.UseEphemeralRange(*snapshot.kernel.limits->ephemeral_ports);
  }
  if (snapshot.folded_groups == 0) return;
  shown_groups_.emplace();
  for (const ShownGroup& group : snapshot.groups) shown_groups_->insert(group.name);
}

void SocketSearch::Find(BodyStream& answer) {
  const Instant now = parts_.now();
  deadline_ = now.monotonic + kTimeLimit;
  answer.Write(RenderSocketsBegin(now.wall));
  if (auto found = FindIn(answer); !found) incomplete_because_ = found.error().context;
  answer.Write(RenderSocketsEnd(found_.size(), incomplete_because_));
}

// Listeners are read first, because they decide whether a connection is inbound.
Result<void> SocketSearch::FindIn(BodyStream& answer) {
  const MonotonicTime now = parts_.now().monotonic;
  auto listeners = Dump({.states = {TcpState::kListen}}, [&](const RecordBatch& batch) {
    for (const SocketRecord& record : batch.records) {
      classifier_.AddListener(record, now);
    }
    return true;
  });
  if (!listeners) return listeners;
  const DumpQuery query{.states = query_.states, .details = true, .endpoints = query_.endpoints};
  return Dump(query, [&](const RecordBatch& batch) { return Write(batch, answer); });
}

Result<void> SocketSearch::Dump(const DumpQuery& query, const Take& take) {
  constexpr int kLookUpMs = 100;  // how soon a stop is noticed
  auto dump = parts_.source.Open(query);
  if (!dump) return std::move(dump).error();
  while (true) {
    if (std::string obstacle = Obstacle(); !obstacle.empty()) return Error{0, std::move(obstacle)};
    const auto batch = (*dump)->ReadBatch();
    if (!batch) return batch.error();
    if (!take(*batch) || batch->progress == DumpProgress::kDone) return {};
    if (batch->progress == DumpProgress::kMore) continue;
    pollfd waiting{(*dump)->fd(), POLLIN, 0};
    poll(&waiting, 1, kLookUpMs);
  }
}

std::string SocketSearch::Obstacle() {
  if (parts_.is_stopping) return "the daemon is stopping";
  if (parts_.now().monotonic < deadline_) return "";
  return "it took longer than " + std::to_string(kTimeLimit.count()) + " s";
}

bool SocketSearch::Write(const RecordBatch& batch, BodyStream& answer) {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    auto socket = Examine(batch.records[i]);
    if (!socket || found_.contains(socket->record.cookie)) continue;
    if (found_.size() == query_.limit) {
      incomplete_because_ = "limit";
      return false;
    }
    if (i < batch.details.size()) socket->details = batch.details[i];
    if (!answer.Write(RenderSocket(*socket, found_.empty()))) return false;
    found_.insert(socket->record.cookie);
  }
  return true;
}

// The kernel was asked to leave out what does not match, but an old kernel may not support that.
std::optional<FoundSocket> SocketSearch::Examine(const SocketRecord& record) {
  if (!query_.states.Has(record.state) || !query_.endpoints.Matches(record)) return std::nullopt;
  FoundSocket socket{.record = record};
  if (record.state != TcpState::kListen) {
    const Direction direction = classifier_.DirectionOf(record);
    socket.direction = direction;
    if (const auto classification = classifier_.Classify(record, direction)) {
      socket.group = classifier_.NameOf(classification->key.group);
      if (shown_groups_ && !shown_groups_->contains(socket.group)) socket.group = kOther;
    }
  }
  if (query_.direction && socket.direction != query_.direction) return std::nullopt;
  if (query_.group && socket.group != *query_.group) return std::nullopt;
  if (record.cgroup_id) socket.unit = parts_.unit_names(*record.cgroup_id);
  return socket;
}

}  // namespace connwatch
