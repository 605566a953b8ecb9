#include "daemon/socket_search.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/event_loop.h"
#include "daemon/owners.h"
#include "daemon/socket_finder.h"

namespace connwatch {

SocketSearch::SocketSearch(SocketSource& source, const SnapshotSlot& snapshots)
    : source_(source),
      snapshots_(snapshots),
      cgroup_names_(HostCgroupNames()),
      tokens_(std::chrono::seconds(1), kBurst) {}

void SocketSearch::Configure(ClassifierOptions options) {
  const MutexLock lock(mutex_);
  options_ = std::move(options);
}

Result<std::shared_ptr<BodyStream>> SocketSearch::Start(const SocketQuery& query) {
  const MutexLock lock(mutex_);
  if (auto admitted = Admit(EventLoop::Now().monotonic); !admitted) return admitted.error();
  if (thread_.joinable()) thread_.join();  // it has ended
  auto answer = std::make_shared<BodyStream>();
  is_searching_ = true;
  try {
    thread_ = std::thread([this, query, options = options_, answer] {
      Run(query, options, *answer);
      is_searching_ = false;
    });
  } catch (const std::system_error& error) {
    is_searching_ = false;
    return Error::FromErrno(error.code().value(), "start the thread that looks for sockets");
  }
  return answer;
}

Result<void> SocketSearch::Admit(MonotonicTime now) {
  if (is_stopping_) return Error{ESHUTDOWN, "the daemon is stopping"};
  if (is_searching_) return Error{EBUSY, "another search is under way"};
  if (!tokens_.Take(now)) return Error{EBUSY, "too many searches, one per second is permitted"};
  return {};
}

void SocketSearch::Stop() {
  is_stopping_ = true;
  std::thread last;
  {
    const MutexLock lock(mutex_);
    last.swap(thread_);
  }
  if (last.joinable()) last.join();
}

void SocketSearch::Run(const SocketQuery& query, ClassifierOptions options, BodyStream& answer) {
  SocketFinder::Parts parts{.source = source_,
                            .classifier = std::move(options),
                            .unit_names =
                                [this](std::uint64_t cgroup_id) {
                                  return cgroup_names_.NameOf(cgroup_id,
                                                              EventLoop::Now().monotonic);
                                },
                            .shown_groups = {},
                            .now = &EventLoop::Now,
                            .is_stopping = is_stopping_};
  if (const auto published = snapshots_.Load()) {
    for (const ShownGroup& group : published->snapshot().groups) {
      parts.shown_groups.insert(group.name);
    }
  }
  SocketFinder(std::move(parts), query).Find(answer);
}

}  // namespace connwatch
