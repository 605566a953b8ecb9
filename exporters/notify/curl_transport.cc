#include "exporters/notify/curl_transport.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "exporters/http/http_status.h"
#include "exporters/http/weighted_list.h"
#include "exporters/notify/http_date.h"

namespace connwatch {

namespace {

// The limit for an answer's body, which nobody reads.
constexpr std::size_t kMaxAnswerBytes = std::size_t{64} * 1024;
// A code for NotificationStats::failure. libcurl's own codes are above 0 and below the HTTP status
// codes.
constexpr int kNotBegun = -1;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using TextList = std::unique_ptr<curl_slist, FreeList>;
using Url = std::unique_ptr<CURLU, FreeUrl>;

// If there is no memory, the list stays as it was.
void Append(TextList& list, const std::string& text) {
  if (curl_slist* longer = curl_slist_append(list.get(), text.c_str()); longer != nullptr) {
    list.release();  // NOLINT(bugprone-unused-return-value): the longer one has it now
    list.reset(longer);
  }
}

std::string PartOf(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// libcurl: CURLOPT_OPENSOCKETFUNCTION
curl_socket_t OpenSocket(void* /*data*/, curlsocktype /*purpose*/, curl_sockaddr* address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// libcurl: CURLOPT_WRITEFUNCTION; returning fewer bytes than there are ends the request.
std::size_t SkipAnswer(char* /*data*/, std::size_t size, std::size_t count, void* received) {
  auto& total = *static_cast<std::size_t*>(received);
  total += size * count;
  return total <= kMaxAnswerBytes ? size * count : 0;
}

// What is read of the headers of an answer.
class AnswerHeaders {
 public:
  void Take(std::string_view line) {
    // An answer such as 103 can come before the final one. Behind the body there can be trailers.
    if (line.starts_with("HTTP/")) *this = {};
    if (line == "\r\n" || line == "\n") has_ended_ = true;
    const std::size_t colon = line.find(':');
    if (has_ended_ || !EqualsIgnoringCase(line.substr(0, colon), "Date")) return;
    date_ = is_first_date_ ? ParseHttpDate(Trimmed(line.substr(colon + 1))) : std::nullopt;
    is_first_date_ = false;
  }

  // nullopt also if there is more than one.
  std::optional<WallTime> date() const { return date_; }

 private:
  static std::string_view Trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
  }

  std::optional<WallTime> date_;
  bool is_first_date_ = true;
  bool has_ended_ = false;
};

// libcurl: CURLOPT_HEADERFUNCTION, called with one whole line.
std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* headers) {
  static_cast<AnswerHeaders*>(headers)->Take({data, size * count});
  return size * count;
}

}  // namespace

class CurlTransport::Request {
 public:
  Request(std::uint64_t id, std::string body)
      : id_(id), body_(std::move(body)), easy_(curl_easy_init()) {}

  std::uint64_t id() const { return id_; }
  CURL* easy() const { return easy_.get(); }

  Result<void> Prepare(const AlertReceiver& receiver, const ReadFile& read_file) {
    if (!easy_) return Error{kNotBegun, "libcurl is out of memory"};
    Append(headers_, "Content-Type: application/json");
    Append(headers_, "Expect:");  // sends the body without waiting to be asked
    SetTarget(receiver);
    SetBehaviour(receiver);
    if (Result<void> set = SetTls(receiver.tls, read_file); !set) return set;
    if (Result<void> set = SetAuth(receiver.basic_auth, read_file); !set) return set;
    Set(CURLOPT_HTTPHEADER, headers_.get());
    if (option_error_ == CURLE_OK) return {};
    return Error{option_error_, std::string("libcurl: ") + curl_easy_strerror(option_error_)};
  }

  // Returns how the request ended. `code` is what libcurl said.
  PostResult Judge(CURLcode code) const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool is_answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
    if (!is_answered) {
      const char* text =
          error_text_.front() != '\0' ? error_text_.data() : curl_easy_strerror(code);
      return {.id = id_, .outcome = DeliveryOutcome::kFailed, .error = {code, text}};
    }
    PostResult result{.id = id_, .is_answered = true, .error = {}, .date = answer_.date()};
    if (status / 100 == 2) return result;
    const bool is_temporary = status == kTooManyRequests || status / 100 == 5;
    result.outcome = is_temporary ? DeliveryOutcome::kFailed : DeliveryOutcome::kRejected;
    result.error = {static_cast<int>(status), "answered with status " + std::to_string(status)};
    return result;
  }

 private:
  template <typename T>
  void Set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (option_error_ == CURLE_OK) option_error_ = code;
  }
  void Set(CURLoption option, const std::string& value) { Set(option, value.c_str()); }

  // libcurl checks certificates against the name in the URL. If another name is configured, the URL
  // gets that name, and the connection and the Host header use the name that was in the URL.
  void SetTarget(const AlertReceiver& receiver) {
    if (receiver.tls.server_name.empty()) return Set(CURLOPT_URL, receiver.url);
    const Url url(curl_url());
    curl_url_set(url.get(), CURLUPART_URL, receiver.url.c_str(), 0);
    Append(connect_to_, "::" + PartOf(url, CURLUPART_HOST) + ":" + PartOf(url, CURLUPART_PORT));
    Append(headers_, "Host: " + receiver.name);
    curl_url_set(url.get(), CURLUPART_HOST, receiver.tls.server_name.c_str(), 0);
    Set(CURLOPT_URL, PartOf(url, CURLUPART_URL));
    Set(CURLOPT_CONNECT_TO, connect_to_.get());
  }

  void SetBehaviour(const AlertReceiver& receiver) {
    const auto timeout_ms = static_cast<long>(receiver.timeout.count());
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, body_);
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    Set(CURLOPT_USERAGENT, "connwatch");
    Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    Set(CURLOPT_TIMEOUT_MS, timeout_ms);
    Set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_FORBID_REUSE, 1L);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_ERRORBUFFER, error_text_.data());
    Set(CURLOPT_OPENSOCKETFUNCTION, &OpenSocket);
    Set(CURLOPT_WRITEFUNCTION, &SkipAnswer);
    Set(CURLOPT_WRITEDATA, &received_bytes_);
    Set(CURLOPT_HEADERFUNCTION, &TakeHeader);
    Set(CURLOPT_HEADERDATA, &answer_);
#if CURL_AT_LEAST_VERSION(7, 85, 0)
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
#endif
#if CURL_AT_LEAST_VERSION(7, 87, 0)
    Set(CURLOPT_QUICK_EXIT, 1L);  // does not wait for a name look-up that was broken off
#endif
  }

  Result<void> SetTls(const TlsOptions& tls, const ReadFile& read_file) {
    Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    Set(CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
    Set(CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
    if (!tls.ca_file.empty()) {
      Set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // these and no others
    }
    for (const auto& [option, path] : {std::pair(CURLOPT_CAINFO_BLOB, &tls.ca_file),
                                       std::pair(CURLOPT_SSLCERT_BLOB, &tls.cert_file),
                                       std::pair(CURLOPT_SSLKEY_BLOB, &tls.key_file)}) {
      if (path->empty()) continue;
      Result<std::string> content = Read(*path, read_file);
      if (!content) return std::move(content).error();
      curl_blob blob{.data = content->data(), .len = content->size(), .flags = CURL_BLOB_COPY};
      Set(option, &blob);
    }
    return {};
  }

  Result<void> SetAuth(const std::optional<BasicAuth>& auth, const ReadFile& read_file) {
    if (!auth) return {};
    std::string password = auth->password;
    if (!auth->password_file.empty()) {
      const Result<std::string> content = Read(auth->password_file, read_file);
      if (!content) return content.error();
      password = PasswordIn(*content);
    }
    Set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    Set(CURLOPT_USERNAME, auth->username);
    Set(CURLOPT_PASSWORD, password);
    return {};
  }

  static Result<std::string> Read(const std::string& path, const ReadFile& read_file) {
    Result<std::string> content = read_file(path);
    if (content) return content;
    return Error{kNotBegun, std::move(content).error().Within(path).context};
  }

  std::uint64_t id_;
  std::string body_;
  TextList headers_;
  TextList connect_to_;
  std::size_t received_bytes_ = 0;
  AnswerHeaders answer_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  CURLcode option_error_ = CURLE_OK;      // the first
  std::unique_ptr<CURL, FreeEasy> easy_;  // last: uses all of the above
};

void CurlTransport::FreeMulti::operator()(void* multi) const { curl_multi_cleanup(multi); }

Result<std::unique_ptr<CurlTransport>> CurlTransport::Create(ReadFile read_file) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized != CURLE_OK) return Error{initialized, curl_easy_strerror(initialized)};
  Multi multi(curl_multi_init());
  if (!multi) return Error{CURLE_OUT_OF_MEMORY, "libcurl is out of memory"};
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(multi), std::move(read_file)));
}

CurlTransport::CurlTransport(Multi multi, ReadFile read_file)
    : multi_(std::move(multi)), read_file_(std::move(read_file)) {}

CurlTransport::~CurlTransport() {
  for (const auto& request : requests_) curl_multi_remove_handle(multi_.get(), request->easy());
}

void CurlTransport::Post(std::uint64_t id, const AlertReceiver& receiver, std::string body) {
  if (requests_.size() >= kMaxRequests) {
    const Error error{kNotBegun, "too many requests to receivers that were removed are under way"};
    not_begun_.push_back({.id = id, .outcome = DeliveryOutcome::kFailed, .error = error});
    return;
  }
  auto request = std::make_unique<Request>(id, std::move(body));
  Result<void> prepared = request->Prepare(receiver, read_file_);
  if (prepared) {
    const CURLMcode code = curl_multi_add_handle(multi_.get(), request->easy());
    if (code == CURLM_OK) return requests_.push_back(std::move(request));
    prepared = Error{kNotBegun, std::string("libcurl: ") + curl_multi_strerror(code)};
  }
  not_begun_.push_back({.id = id, .outcome = DeliveryOutcome::kFailed, .error = prepared.error()});
}

std::vector<PostResult> CurlTransport::Wait(std::chrono::milliseconds timeout) {
  std::vector<PostResult> ended = std::exchange(not_begun_, {});
  Collect(ended);
  if (!ended.empty()) return ended;
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(timeout.count()), nullptr);
  Collect(ended);
  return ended;
}

void CurlTransport::Wake() { curl_multi_wakeup(multi_.get()); }

void CurlTransport::Collect(std::vector<PostResult>& ended) {
  int count = 0;
  curl_multi_perform(multi_.get(), &count);
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &count)) {
    const auto found = std::ranges::find(requests_, message->easy_handle,
                                         [](const auto& request) { return request->easy(); });
    if (message->msg != CURLMSG_DONE || found == requests_.end()) continue;
    ended.push_back((*found)->Judge(message->data.result));
    curl_multi_remove_handle(multi_.get(), (*found)->easy());
    requests_.erase(found);
  }
}

}  // namespace connwatch
