#include "daemon/web/web_front.h"

#include <utility>

#include "config/web_file.h"
#include "daemon/process/file_limit.h"
#include "daemon/process/logging.h"
#include "daemon/process/systemd_sockets.h"
#include "exporters/tls/certificate_file.h"
#include "monitor/clock.h"

namespace connwatch {

namespace {

constexpr std::chrono::seconds kTick{1};

// This warning explains why HTTP clients may have to wait before web.max_connections is reached.
void WarnOfFewDescriptors(std::uint64_t for_clients) {
  constexpr std::uint64_t kForOthers = 100;
  const std::uint64_t limit = RaiseFileLimit();
  if (for_clients + kForOthers <= limit) return;
  LogWarning("web.max_connections permits " + std::to_string(for_clients) +
             " connections in all, but the process may open only " + std::to_string(limit) +
             " descriptors (ulimit -n): clients beyond these wait, or others make room for them");
}

}  // namespace

WebPolicyResult LoadWebPolicy(const Options& options) {
  if (options.web_config_file.empty()) return WebPolicy::Create({}).value();
  std::shared_ptr<const WebPolicy> policy;
  const auto make_policy = [&policy](const WebAccess& access) -> Result<void> {
    auto made = WebPolicy::Create(access);
    if (!made) return std::move(made).error();
    policy = std::move(made).value();
    return {};
  };
  const WebFileResult loaded = LoadWebFile(options.web_config_file, make_policy);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) return *errors;
  return policy;
}

Result<std::vector<ListeningSocket>> OpenListeningSockets(const Options& options) {
  if (options.systemd_socket) return TakeSystemdSockets();
  std::vector<ListeningSocket> sockets;
  for (const ListenAddress& address : options.listen_addresses) {
    auto socket = ListeningSocket::Open(address);
    if (!socket) return std::move(socket).error();
    sockets.push_back(std::move(socket).value());
  }
  return sockets;
}

WebFront::WebFront(const Options& options, std::shared_ptr<const WebPolicy> policy,
                   const WebSources& sources, EventLoop& loop, WebActions actions)
    : options_(options),
      loop_(loop),
      actions_(std::move(actions)),
      guard_(std::move(policy),
             [this](WebRefusal reason, const std::string& line) { LogRefusal(reason, line); }),
      routes_{.reports = sources.reports,
              .pulse = sources.pulse,
              .sockets = actions_.sockets,
              .incidents = actions_.incidents,
              .host_names = {},
              .on_foreign =
                  [this](const std::string& line) {
                    guard_.RecordRefusal(WebRefusal::kForeign, line);
                  }},
      services_{guard_,
                [this](const HttpRequest& request) { return Answer(request, routes_, Now()); },
                held_} {
  Watch();
}

Result<void> WebFront::Start(std::vector<ListeningSocket> sockets, const HttpLimits& limits,
                             HostNames host_names) {
  routes_.host_names = std::move(host_names);
  if (options_.enable_lifecycle) routes_.reload = actions_.reload;
  const auto policy = guard_.policy();
  if (!policy->tls && !policy->access.users.empty()) {
    LogWarning(
        "basic_auth_users without tls_server_config: passwords cross the network in clear text");
  }
  WarnOfCertificate();
  WarnOfFewDescriptors(sockets.size() * limits.max_connections);
  for (ListeningSocket& socket : sockets) {
    auto server = HttpServer::Start(std::move(socket), limits, services_);
    if (!server) return std::move(server).error();
    LogInfo("serving " + (*server)->url());
    servers_.push_back(std::move(server).value());
  }
  return ScheduleTick();
}

Result<void> WebFront::ScheduleTick() {
  auto source = loop_.At(Now().monotonic + kTick, Priority::kHousekeeping, [this] { Tick(); });
  if (!source) return std::move(source).error();
  tick_ = std::move(source).value();
  return {};
}

void WebFront::Tick() {
  for (const auto& server : servers_) server->CloseOverdue(Now().monotonic);
  if (files_.HasChanged()) actions_.on_web_files_read(Reload().ok());
  if (auto scheduled = ScheduleTick(); !scheduled) loop_.Fail(std::move(scheduled).error());
}

Result<void> WebFront::Reload() {
  if (options_.web_config_file.empty()) return {};
  WebPolicyResult loaded = LoadWebPolicy(options_);
  Result<void> result;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    for (const ConfigError& error : *errors) LogError(error.ToString());
    result = Error{0, Joined(*errors)};
  } else {
    result = Enforce(std::get<std::shared_ptr<const WebPolicy>>(loaded));
    if (!result) LogError(result.error().context);
  }
  if (!result) {
    LogError("the web configuration and certificates loaded before stay in force");
  }
  return result;
}

Result<void> WebFront::Enforce(const std::shared_ptr<const WebPolicy>& policy) {
  const auto before = guard_.policy();
  if (policy->access == before->access) return {};
  if ((policy->tls == nullptr) != (before->tls == nullptr)) {
    return Error{
        0, options_.web_config_file +
               ": tls_server_config was added or removed, which takes effect after a restart"};
  }
  guard_.Enforce(policy);
  Watch();
  LogInfo("web configuration and certificates reloaded");
  WarnOfCertificate();
  return {};
}

void WebFront::WarnOfCertificate() const {
  const auto policy = guard_.policy();
  if (!policy->tls) return;
  const PemFile& certificate = policy->tls->settings().certificate;
  const std::string problem = ProblemWithValidity(certificate.content, Now().wall);
  if (problem.empty()) return;
  LogWarning("cert_file " + certificate.path + " " + problem + ": clients that check it refuse it");
}

void WebFront::LogRefusal(WebRefusal reason, const std::string& line) {
  const auto logged = refusals_.at(IndexOf(reason)).Take(line, Now().monotonic);
  if (logged) LogWarning(*logged);
}

void WebFront::Watch() {
  if (options_.web_config_file.empty()) return;
  std::vector<std::string> paths = {options_.web_config_file};
  const auto policy = guard_.policy();
  if (const auto& tls = policy->access.tls) {
    paths.insert(paths.end(), {tls->certificate.path, tls->key.path});
    if (tls->client_ca) paths.push_back(tls->client_ca->path);
  }
  files_.Watch(std::move(paths));
}

}  // namespace connwatch
