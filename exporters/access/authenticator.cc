#include "exporters/access/authenticator.h"

#include <gnutls/crypto.h>

#include <algorithm>
#include <utility>

#include "exporters/access/bcrypt.h"

namespace connwatch {

namespace {

using std::chrono::milliseconds;

constexpr unsigned kBurst = 10;           // failures in all
constexpr unsigned kBurstOfOne = 5;       // of one client
constexpr milliseconds kInterval{1'000};  // at cost 10, where each takes about 70 ms
constexpr unsigned kIntervalCost = 10;
constexpr int kIntervalsOfOne = 10;

std::set<unsigned> CostsOf(const std::vector<BasicAuthUser>& users) {
  std::set<unsigned> costs;
  for (const BasicAuthUser& user : users) costs.insert(BcryptCost(user.bcrypt_hash));
  return costs;
}

// A failure that takes longer to compute makes the client wait longer too.
milliseconds IntervalAfter(const std::set<unsigned>& costs) {
  constexpr std::int64_t kUnit = std::int64_t{1} << kIntervalCost;
  std::int64_t work = 0;
  for (const unsigned cost : costs) work += std::int64_t{1} << cost;
  return kInterval * std::max(work, kUnit) / kUnit;
}

// Each part begins with its length, so "ab" and "c" differ from "a" and "bc".
void AppendPart(std::string& message, std::string_view part) {
  message.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

Authenticator::Authenticator(Match match)
    : match_(std::move(match)),
      has_secret_(gnutls_rnd(GNUTLS_RND_KEY, secret_.data(), secret_.size()) == 0) {}

Login Authenticator::Check(const BasicCredentials& credentials,
                           const std::vector<BasicAuthUser>& users, const std::string& client,
                           MonotonicTime now) {
  const auto user = std::ranges::find(users, credentials.user, &BasicAuthUser::name);
  const bool is_known = user != users.end();
  const std::set<unsigned> costs = CostsOf(users);
  const std::string hash = is_known ? user->bcrypt_hash : UnmatchedBcrypt(*costs.begin());
  const auto digest = DigestOf(credentials, hash);
  {
    const MutexLock lock(mutex_);
    const bool is_remembered = digest && Recall(*digest, now);
    if (is_known && is_remembered) return {};
    if (const auto wait = Wait(client, now); wait.count() > 0) {
      return {LoginVerdict::kTooMany, std::chrono::ceil<std::chrono::seconds>(wait)};
    }
  }
  const bool is_match = match_(credentials.password, hash) && is_known;
  if (!is_match) ComputeOthers(credentials.password, costs, BcryptCost(hash));
  const MutexLock lock(mutex_);
  if (is_match) {
    if (digest) Remember(*digest, now);
    return {};
  }
  CountFailure(client, IntervalAfter(costs), now);
  return {is_known ? LoginVerdict::kWrongPassword : LoginVerdict::kUnknownUser, {}};
}

void Authenticator::ComputeOthers(const std::string& password, const std::set<unsigned>& costs,
                                  unsigned computed) const {
  for (const unsigned cost : costs) {
    if (cost != computed) match_(password, UnmatchedBcrypt(cost));
  }
}

std::optional<Authenticator::Digest> Authenticator::DigestOf(const BasicCredentials& credentials,
                                                             std::string_view hash) const {
  std::string message;
  AppendPart(message, credentials.user);
  AppendPart(message, hash);
  AppendPart(message, credentials.password);
  Digest digest{};
  const int failure = gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret_.data(), secret_.size(),
                                       message.data(), message.size(), digest.data());
  if (!has_secret_ || failure != 0) return std::nullopt;
  return digest;
}

bool Authenticator::Recall(const Digest& digest, MonotonicTime now) {
  const auto remembered = last_used_.find(digest);
  if (remembered == last_used_.end()) return false;
  if (now - remembered->second > kRemembered) {
    last_used_.erase(remembered);
    return false;
  }
  remembered->second = now;
  return true;
}

void Authenticator::Remember(const Digest& digest, MonotonicTime now) {
  std::erase_if(last_used_, [now](const auto& login) { return now - login.second > kRemembered; });
  if (last_used_.size() >= kMaxRemembered) {
    last_used_.erase(
        std::ranges::min_element(last_used_, {}, [](const auto& login) { return login.second; }));
  }
  last_used_[digest] = now;
}

std::chrono::nanoseconds Authenticator::Wait(const std::string& client, MonotonicTime now) {
  std::chrono::nanoseconds wait{0};
  if (all_failures_) wait = all_failures_->Wait(now);
  const auto own = failures_.find(client);
  return own == failures_.end() ? wait : std::max(wait, own->second.Wait(now));
}

// `failures_` stays small, because the limit for all clients together allows few failures.
void Authenticator::CountFailure(const std::string& client, milliseconds interval,
                                 MonotonicTime now) {
  std::erase_if(failures_, [now](const auto& entry) { return entry.second.IsFull(now); });
  failures_.try_emplace(client, interval * kIntervalsOfOne, kBurstOfOne).first->second.Take(now);
  if (!all_failures_ || all_failures_->IsFull(now)) all_failures_.emplace(interval, kBurst);
  all_failures_->Take(now);
}

}  // namespace connwatch
