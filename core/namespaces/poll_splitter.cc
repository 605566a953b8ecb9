#include "core/namespaces/poll_splitter.h"

#include <algorithm>
#include <cstddef>

namespace connwatch {

void PollSplitter::Begin(Instant now) {
  host_.Begin(now);
  others_.Begin(tier_, now);
}

void PollSplitter::Add(std::span<const SocketRecord> records, Instant now) {
  while (!records.empty()) {
    const std::uint64_t cookie = records.front().net_cookie;
    const auto end = std::ranges::find_if(
        records, [cookie](const SocketRecord& record) { return record.net_cookie != cookie; });
    const auto run = records.first(static_cast<std::size_t>(end - records.begin()));
    if (cookie == 0) {
      host_.Add(run, now);
    } else {
      others_.Add(tier_, cookie, run, now);
    }
    records = records.subspan(run.size());
  }
}

void PollSplitter::Complete(Instant now) {
  host_.Complete(now);
  others_.Complete(tier_, now);
}

}  // namespace connwatch
