#include "daemon/web/socket_searches.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/web/socket_search.h"
#include "monitor/clock.h"

namespace connwatch {

SocketSearches::SocketSearches(SocketSource& source, const ReportSlot& reports,
                               const std::string& host_root)
    : source_(source),
      reports_(reports),
      owner_names_(host_root),
      tokens_(std::chrono::seconds(1), kBurst) {}

void SocketSearches::Configure(ClassifierOptions options) {
  const MutexLock lock(mutex_);
  options_ = std::move(options);
}

Result<std::shared_ptr<BodyStream>> SocketSearches::Start(const SocketQuery& query) {
  const MutexLock lock(mutex_);
  if (auto admitted = Admit(Now().monotonic); !admitted) return admitted.error();
  if (thread_.joinable()) thread_.join();  // it has ended
  auto answer = std::make_shared<BodyStream>();
  is_searching_ = true;
  try {
    thread_ = std::thread([this, query, options = options_, answer] {
      Run(query, options, *answer);
      is_searching_ = false;  // before Complete, because then the client may ask again
      answer->Complete();
    });
  } catch (const std::system_error& error) {
    is_searching_ = false;
    return Error::FromErrno(error.code().value(), "start the thread that looks for sockets");
  }
  return answer;
}

Result<void> SocketSearches::Admit(MonotonicTime now) {
  if (is_stopping_) return Error{ESHUTDOWN, "the daemon is stopping"};
  if (is_searching_) return Error{EBUSY, "another search is under way"};
  if (!tokens_.Take(now)) return Error{EBUSY, "too many searches, one per second is permitted"};
  return {};
}

void SocketSearches::Stop() {
  is_stopping_ = true;
  std::thread last;
  {
    const MutexLock lock(mutex_);
    last.swap(thread_);
  }
  if (last.joinable()) last.join();
}

void SocketSearches::Run(const SocketQuery& query, ClassifierOptions options, BodyStream& answer) {
  const auto published = reports_.Load();
  SocketSearch::Parts parts{.source = source_,
                            .classifier = std::move(options),
                            .unit_names =
                                [this](std::uint64_t cgroup_id) {
                                  return owner_names_.UnitOf(cgroup_id, Now().monotonic);
                                },
                            .snapshot = published ? published->report().snapshot : nullptr,
                            .now = &Now,
                            .is_stopping = is_stopping_};
  SocketSearch(std::move(parts), query).Find(answer);
}

}  // namespace connwatch
