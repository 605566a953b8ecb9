#include "exporters/access/web_guard.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "exporters/access/basic_credentials.h"
#include "exporters/access/bcrypt.h"
#include "exporters/http/ascii_quoted.h"
#include "exporters/http/http_status.h"

namespace connwatch {

namespace {

HttpReply TooMany(std::chrono::nanoseconds wait, std::string text) {
  const auto seconds =
      std::max<std::chrono::seconds::rep>(std::chrono::ceil<std::chrono::seconds>(wait).count(), 1);
  HttpReply reply = TextReply(kTooManyRequests, std::move(text));
  reply.headers.push_back({"Retry-After", std::to_string(seconds)});
  return reply;
}

std::optional<TokenBucket> BucketFor(const RateLimit& limit) {
  if (limit.interval.count() == 0) return std::nullopt;
  return TokenBucket(limit.interval, limit.burst);
}

}  // namespace

Result<std::shared_ptr<const WebPolicy>> WebPolicy::Create(WebAccess access) {
  WebPolicy policy{.access = std::move(access), .tls = nullptr};
  if (policy.access.tls) {
    auto context = TlsContext::Create(*policy.access.tls);
    if (!context) return std::move(context).error();
    policy.tls = std::move(context).value();
  }
  return std::make_shared<const WebPolicy>(std::move(policy));
}

WebGuard::WebGuard(std::shared_ptr<const WebPolicy> policy, RefusalLog log)
    : log_(std::move(log)),
      authenticator_(MatchesBcrypt),
      policy_(std::move(policy)),
      requests_(BucketFor(policy_->access.rate_limit)) {}

void WebGuard::Enforce(std::shared_ptr<const WebPolicy> policy) {
  const MutexLock lock(mutex_);
  if (policy->access.rate_limit != policy_->access.rate_limit) {
    requests_ = BucketFor(policy->access.rate_limit);
  }
  policy_ = std::move(policy);
}

std::shared_ptr<const WebPolicy> WebGuard::policy() const {
  const MutexLock lock(mutex_);
  return policy_;
}

std::optional<HttpReply> WebGuard::Refuse(const WebPolicy& policy, const WebVisitor& visitor,
                                          MonotonicTime now) {
  if (const auto wait = WaitForRate(now); wait.count() > 0) {
    Count(WebRefusal::kRateLimit);
    return TooMany(wait, "Too many requests: rate_limit.\n");
  }
  const auto& users = policy.access.users;
  if (users.empty()) return std::nullopt;
  if (visitor.authorization.empty()) return RefuseLogin(visitor, "no user name and password");
  const auto credentials = ParseBasicCredentials(visitor.authorization);
  if (!credentials) return RefuseLogin(visitor, "the Authorization header cannot be understood");
  const Login login = authenticator_.Check(*credentials, users, visitor.client.network, now);
  const std::string user = AsciiQuoted(credentials->user);
  switch (login.verdict) {
    case LoginVerdict::kAccepted:
      return std::nullopt;
    case LoginVerdict::kUnknownUser:
      return RefuseLogin(visitor, "unknown user " + user);
    case LoginVerdict::kWrongPassword:
      return RefuseLogin(visitor, "wrong password for user " + user);
    case LoginVerdict::kTooMany:
      RecordRefusal(WebRefusal::kLoginLimit, "refused a log-in from " + visitor.client.address +
                                                 ": too many failed log-ins; user " + user);
      return TooMany(login.retry_after, "Too many failed log-ins.\n");
  }
  return RefuseLogin(visitor, "no verdict");
}

std::chrono::nanoseconds WebGuard::WaitForRate(MonotonicTime now) {
  const MutexLock lock(mutex_);
  if (!requests_ || requests_->Take(now)) return std::chrono::nanoseconds(0);
  return requests_->Wait(now);
}

void WebGuard::RecordRefusal(WebRefusal reason, const std::string& line) {
  Count(reason);
  log_(reason, line);
}

WebRefusalCounts WebGuard::refusals() const {
  const MutexLock lock(mutex_);
  return refusals_;
}

void WebGuard::Count(WebRefusal reason) {
  const MutexLock lock(mutex_);
  ++refusals_.at(IndexOf(reason));
}

HttpReply WebGuard::RefuseLogin(const WebVisitor& visitor, const std::string& why) {
  RecordRefusal(WebRefusal::kLogin, "refused a log-in from " + visitor.client.address + ": " + why);
  HttpReply reply = TextReply(kUnauthorized, "A user name and a password are needed.\n");
  reply.headers.push_back({"WWW-Authenticate", "Basic realm=\"connwatch\", charset=\"UTF-8\""});
  return reply;
}

}  // namespace connwatch
