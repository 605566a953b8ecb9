// Basic authentication: checks passwords against their hashes. A log-in that succeeded is
// remembered, so that not every scrape costs a bcrypt computation. Log-ins that fail are limited,
// per client and in all. So guessing passwords neither costs much CPU nor holds up the HTTP thread
// that computes.
//
// Rejected: one computation at the highest cost for an unknown user. If costs differ, it takes
// longer than a wrong password for a user whose hash has a lower one, which tells who exists.
// Computations at the costs between the two take as much time in sum, but they are more of them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/instant.h"
#include "core/base/mutex.h"
#include "core/web/web_access.h"
#include "exporters/access/basic_credentials.h"
#include "exporters/access/token_bucket.h"

namespace connwatch {

enum class LoginVerdict : std::uint8_t { kAccepted, kUnknownUser, kWrongPassword, kTooMany };

struct Login {
  LoginVerdict verdict = LoginVerdict::kAccepted;
  std::chrono::seconds retry_after{0};  // for kTooMany, at least 1 s
};

/// May be used from several threads. bcrypt runs on the thread that calls Check().
class Authenticator {
 public:
  using Match = std::function<bool(const std::string& password, const std::string& hash)>;

  /// `match` is MatchesBcrypt, except in tests.
  explicit Authenticator(Match match);

  /// Failures are counted per `client`. Every log-in that is refused for its user or its password
  /// computes the same: one hash of each cost that `users` have. So neither the time nor the limit
  /// tells which users exist, or what their hashes cost. `users` must not be empty.
  Login Check(const BasicCredentials& credentials, const std::vector<BasicAuthUser>& users,
              const std::string& client, MonotonicTime now);

  /// A log-in is forgotten if it is not used for this long, or when the user gets a new hash.
  static constexpr std::chrono::minutes kRemembered{5};
  static constexpr std::size_t kMaxRemembered = 100;

 private:
  using Digest = std::array<std::uint8_t, 32>;

  // A digest keyed by a secret of this process, so that the digests alone do not help to guess
  // passwords. nullopt if GnuTLS gave no secret or digest: then nobody is remembered.
  std::optional<Digest> DigestOf(const BasicCredentials& credentials, std::string_view hash) const;
  bool Recall(const Digest& digest, MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  void Remember(const Digest& digest, MonotonicTime now) CONNWATCH_REQUIRES(mutex_);
  // Computes what is left of the computations of a log-in that is refused.
  void ComputeOthers(const std::string& password, const std::set<unsigned>& costs,
                     unsigned computed) const;
  // How long this client must wait before another password of it is checked.
  std::chrono::nanoseconds Wait(const std::string& client, MonotonicTime now)
      CONNWATCH_REQUIRES(mutex_);
  void CountFailure(const std::string& client, std::chrono::milliseconds interval,
                    MonotonicTime now) CONNWATCH_REQUIRES(mutex_);

  const Match match_;
  Digest secret_{};
  const bool has_secret_;
  Mutex mutex_;
  std::map<Digest, MonotonicTime> last_used_ CONNWATCH_GUARDED_BY(mutex_);
  std::optional<TokenBucket> all_failures_ CONNWATCH_GUARDED_BY(mutex_);
  std::map<std::string, TokenBucket> failures_ CONNWATCH_GUARDED_BY(mutex_);
};

}  // namespace connwatch
