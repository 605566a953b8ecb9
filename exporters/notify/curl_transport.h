// Posts alerts over HTTP and HTTPS with libcurl: all requests at once on one thread. Answers are
// judged by their status alone, and their Date is noted. Redirects are not followed, and proxies of
// the environment are not used. A connection serves only one request, so that changed certificates
// take effect at once and no idle connection is left in CLOSE-WAIT.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/alerts/alert_receiver.h"
#include "core/base/result.h"
#include "exporters/notify/alert_transport.h"

namespace connwatch {

class CurlTransport : public AlertTransport {
 public:
  /// Returns the content of a file with certificates, a key or a password. Called in Post.
  using ReadFile = std::function<Result<std::string>(const std::string& path)>;

  /// The most requests that are under way. Each receiver has one at a time, so only the requests
  /// of receivers that were removed lately can be that many. Further requests fail.
  static constexpr std::size_t kMaxRequests = 4 * kMaxAlertReceivers;

  static Result<std::unique_ptr<CurlTransport>> Create(ReadFile read_file);
  /// Breaks off the requests that are under way.
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void Post(std::uint64_t id, const AlertReceiver& receiver, std::string body) override;
  std::vector<PostResult> Wait(std::chrono::milliseconds timeout) override;
  void Wake() override;

 private:
  struct FreeMulti {
    void operator()(void* multi) const;
  };
  using Multi = std::unique_ptr<void, FreeMulti>;  // a CURLM
  class Request;

  CurlTransport(Multi multi, ReadFile read_file);

  // Adds the requests that have ended to `ended`.
  void Collect(std::vector<PostResult>& ended);

  Multi multi_;
  ReadFile read_file_;
  std::vector<std::unique_ptr<Request>> requests_;  // under way
  std::vector<PostResult> not_begun_;               // for the next Wait
};

}  // namespace connwatch
