// The HTTP servers with all that they need from the daemon: addresses, the web configuration file
// and its changes, reload requests, time-outs. For the loop thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/config_error.h"
#include "core/base/pulse.h"
#include "core/base/result.h"
#include "daemon/loop/event_loop.h"
#include "daemon/loop/file_watch.h"
#include "daemon/process/options.h"
#include "daemon/web/refusal_log.h"
#include "exporters/access/web_guard.h"
#include "exporters/metrics/published_report.h"
#include "exporters/routes/routes.h"
#include "exporters/server/held_bodies.h"
#include "exporters/server/http_server.h"

namespace connwatch {

using WebPolicyResult = std::variant<std::shared_ptr<const WebPolicy>, std::vector<ConfigError>>;

/// Returns what --web.config.file says, or all mistakes in it and in the files that it names.
/// Without such a file everybody may ask, over plain HTTP.
WebPolicyResult LoadWebPolicy(const Options& options);

/// Listens on the addresses that the options name, or takes the sockets that systemd passed. Nobody
/// is answered before WebFront::Start. Needs CAP_NET_BIND_SERVICE for a port below 1024. Must be
/// called only once.
Result<std::vector<ListeningSocket>> OpenListeningSockets(const Options& options);

/// What requests may ask the daemon to do.
struct WebActions {
  ReloadAction reload;           // on HTTP threads, only with --web.enable-lifecycle
  SocketSearchAction sockets;    // on HTTP threads; empty if that is off
  IncidentReadAction incidents;  // on HTTP threads
  /// Called on the loop thread after the web files have changed and were read again. Says whether
  /// that succeeded.
  std::function<void(bool is_successful)> on_web_files_read;
};

/// What the servers show. Must outlive them.
struct WebSources {
  const ReportSlot& reports;
  const Pulse& pulse;
};

class WebFront {
 public:
  /// `policy` is the result of LoadWebPolicy. All references must outlive this, and so must
  /// everything that `actions` use.
  WebFront(const Options& options, std::shared_ptr<const WebPolicy> policy,
           const WebSources& sources, EventLoop& loop, WebActions actions);
  ~WebFront() = default;
  WebFront(const WebFront&) = delete;
  WebFront& operator=(const WebFront&) = delete;

  /// Starts to serve on `sockets`. `host_names` are the names that this host may be asked by.
  Result<void> Start(std::vector<ListeningSocket> sockets, const HttpLimits& limits,
                     HostNames host_names);

  /// Reads --web.config.file and the files that it names again. If that fails, it is logged and the
  /// old policy stays in force. This also happens by itself within a second after a change.
  Result<void> Reload();

  bool is_https() const { return guard_.policy()->tls != nullptr; }
  /// How many clients were refused since the start, by reason.
  WebRefusalCounts refusals() const { return guard_.refusals(); }
  /// See HeldBodies::bytes.
  std::size_t held_bytes() const { return held_.bytes(); }

 private:
  // Once a second: closes slow clients, and looks at the files.
  Result<void> ScheduleTick();
  void Tick();
  // Warns if the server's certificate is not valid now. It is used all the same: some clients do
  // not check it, and without it nobody could connect.
  void WarnOfCertificate() const;
  Result<void> Enforce(const std::shared_ptr<const WebPolicy>& policy);
  void LogRefusal(WebRefusal reason, const std::string& line);
  void Watch();

  const Options& options_;
  EventLoop& loop_;
  const WebActions actions_;
  // One per reason, so that a flood of one does not hide the others.
  std::array<RefusalLog, kWebRefusals.size()> refusals_;
  WebGuard guard_;
  FileWatch files_;
  RouteServices routes_;
  HeldBodies held_;
  HttpServices services_;
  LoopRegistration tick_;
  std::vector<std::unique_ptr<HttpServer>> servers_;  // last: they use all of the above
};

}  // namespace connwatch
