#include "core/polling/poll_health.h"

#include <cerrno>
#include <numeric>

namespace connwatch {

namespace {

using std::chrono::microseconds;

// 100 us (a few listeners) to 10 s (tens of millions of sockets).
constexpr std::array<microseconds, 11> kDurationBounds = {
    microseconds{100},       microseconds{300},       microseconds{1'000},
    microseconds{3'000},     microseconds{10'000},    microseconds{30'000},
    microseconds{100'000},   microseconds{300'000},   microseconds{1'000'000},
    microseconds{3'000'000}, microseconds{10'000'000}};

// Finest around 10 ms, a tenth of the shortest usual interval.
constexpr std::array<microseconds, 10> kLatenessBounds = {
    microseconds{100},     microseconds{300},      microseconds{1'000},  microseconds{2'500},
    microseconds{5'000},   microseconds{10'000},   microseconds{25'000}, microseconds{50'000},
    microseconds{100'000}, microseconds{1'000'000}};

constexpr std::size_t IndexOf(PollFailureReason reason) { return static_cast<std::size_t>(reason); }

}  // namespace

std::string_view Name(PollFailureReason reason) {
  switch (reason) {
    case PollFailureReason::kNoBufferSpace:
      return "no_buffer_space";
    case PollFailureReason::kTimeout:
      return "timeout";
    case PollFailureReason::kMalformed:
      return "malformed";
    case PollFailureReason::kPermission:
      return "permission";
    case PollFailureReason::kUnsupported:
      return "unsupported";
    case PollFailureReason::kOther:
      return "other";
  }
  return "unknown";
}

PollFailureReason ReasonOf(const Error& error) {
  switch (error.code) {
    case ENOBUFS:
      return PollFailureReason::kNoBufferSpace;
    case ETIMEDOUT:
      return PollFailureReason::kTimeout;
    case EBADMSG:
    case EMSGSIZE:
      return PollFailureReason::kMalformed;
    case EPERM:
    case EACCES:
      return PollFailureReason::kPermission;
    case ENOENT:
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
      return PollFailureReason::kUnsupported;
    default:
      return PollFailureReason::kOther;
  }
}

PollHealth::PollHealth(Tier tier, std::chrono::milliseconds interval)
    : tier_(tier), interval_(interval), durations_(kDurationBounds), lateness_(kLatenessBounds) {}

void PollHealth::RecordSuccess(Instant now, microseconds duration) {
  ++successes_;
  durations_.Observe(duration);
  last_success_ = now.monotonic;
  current_failure_.reset();
}

void PollHealth::RecordFailure(Instant now, microseconds duration, const Error& error) {
  const PollFailureReason reason = ReasonOf(error);
  ++failures_[IndexOf(reason)];
  durations_.Observe(duration);
  current_failure_ = PollFailure{now.wall, reason, error.context};
}

std::uint64_t PollHealth::failures() const {
  return std::accumulate(failures_.begin(), failures_.end(), std::uint64_t{0});
}

std::uint64_t PollHealth::failures(PollFailureReason reason) const {
  return failures_[IndexOf(reason)];
}

}  // namespace connwatch
