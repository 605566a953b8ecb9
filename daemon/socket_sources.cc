#include "daemon/socket_sources.h"

#include <cerrno>
#include <utility>

#include "netlink/inet_destroy_events.h"
#include "netlink/inet_diag_cookies.h"
#include "netlink/inet_diag_source.h"
#include "procfs/kernel_limits.h"
#include "procfs/text_file.h"

namespace connwatch {

namespace {

constexpr const char* kKeepaliveTime = "/proc/sys/net/ipv4/tcp_keepalive_time";

Result<std::uint64_t> KeepaliveTime() {
  const auto text = ReadTextFile(kKeepaliveTime);
  if (!text) return text.error();
  const auto seconds = ParseLimit(*text);
  if (!seconds) return Error(seconds.error()).Within(kKeepaliveTime);
  return seconds->value_or(0);
}

Result<std::unique_ptr<SocketWalk>> OpenWalk(CookieGiver& cookies) {
  auto seconds = KeepaliveTime();
  if (!seconds) return std::move(seconds).error();
  return OpenKernelWalk(*seconds, cookies);
}

// destroy_event_buffer is in bytes as the kernel charges them for the messages of sock_diag. A
// traced end takes a quarter of that.
constexpr std::uint64_t kEndsPerEvent = 4;

// Missing capabilities are nothing to speak of: they are the normal case.
bool IsWorthALine(const Error& reason) { return reason.code != EPERM && IsKernelWalkBuilt(); }

}  // namespace

SocketSources::SocketSources()
    : cookies_(std::make_unique<InetDiagCookies>()),
      destroy_events_(std::make_unique<InetDestroyEventSource>()) {}

Result<SocketSources> SocketSources::Open(const Config& config, bool is_once) {
  SocketSources sources;
  if (auto opened = sources.OpenSockets(config.kernel_walk); !opened) {
    return std::move(opened).error();
  }
  if (auto opened = sources.OpenTracing(config, is_once); !opened) {
    return std::move(opened).error();
  }
  return sources;
}

Result<void> SocketSources::OpenSockets(KernelWalk mode) {
  if (mode == KernelWalk::kOff) {
    why_no_walk_ = {EPERM, "kernel_walk is off in the configuration"};
  } else if (auto walk = OpenWalk(*cookies_)) {
    walk_ = walk->get();
    sockets_ = std::move(walk).value();
    return {};
  } else if (mode == KernelWalk::kOn) {
    return std::move(walk).error().Within("kernel_walk: on");
  } else {
    why_no_walk_ = std::move(walk).error();
  }
  sockets_ = std::make_unique<InetDiagSource>();
  return {};
}

Result<void> SocketSources::OpenTracing(const Config& config, bool is_once) {
  if (is_once) {
    why_no_tracing_ = {EPERM, "with --once there is no time in which a handshake could be seen"};
    return {};
  }
  if (config.handshake_tracing == HandshakeTracing::kOff) {
    why_no_tracing_ = {EPERM, "handshake_tracing is off in the configuration"};
    return {};
  }
  const auto open = [&]() -> Result<std::unique_ptr<ConnectionTracing>> {
    auto seconds = KeepaliveTime();
    if (!seconds) return std::move(seconds).error();
    return OpenConnectionTracing({.tcp_keepalive_time_s = *seconds,
                                  .exclude_loopback = config.exclude_loopback,
                                  .end_bytes = config.destroy_event_buffer / kEndsPerEvent});
  };
  if (auto tracing = open()) {
    traced_ends_ = tracing->get();
    handshakes_ = std::move(tracing).value();
    destroy_events_.reset();
  } else if (config.handshake_tracing == HandshakeTracing::kOn) {
    return std::move(tracing).error().Within("handshake_tracing: on");
  } else {
    why_no_tracing_ = std::move(tracing).error();
  }
  return {};
}

DestroyEventSource& SocketSources::destroy_events() const {
  return destroy_events_ ? *destroy_events_ : *traced_ends_;
}

WalkStatus SocketSources::walk_status() const {
  if (walk_ == nullptr) return {.reason = why_no_walk_.context};
  return {.is_in_use = true, .stats = walk_->stats()};
}

TracingStatus SocketSources::tracing_status() const {
  return handshakes_ ? handshakes_->status() : TracingStatus{.reason = why_no_tracing_.context};
}

std::vector<std::string> SocketSources::Announcements() const {
  std::vector<std::string> lines;
  if (walk_ != nullptr) {
    lines.emplace_back("reading the kernel's own table of sockets, of all network namespaces");
  } else if (IsWorthALine(why_no_walk_)) {
    lines.push_back("reading sockets over inet_diag, of this network namespace only: " +
                    why_no_walk_.context);
  }
  if (handshakes_) {
    lines.emplace_back("tracing every handshake and the end of every connection");
  } else if (IsWorthALine(why_no_tracing_)) {
    lines.push_back("not tracing handshakes: " + why_no_tracing_.context);
  }
  return lines;
}

}  // namespace connwatch
