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

Result<std::unique_ptr<SocketWalk>> OpenWalk(CookieGiver& cookies) {
  const auto text = ReadTextFile(kKeepaliveTime);
  if (!text) return text.error();
  const auto seconds = ParseLimit(*text, 1);
  if (!seconds) return Error(seconds.error()).Within(kKeepaliveTime);
  return OpenKernelWalk(seconds->value_or(0), cookies);
}

}  // namespace

SocketSources::SocketSources()
    : cookies_(std::make_unique<InetDiagCookies>()),
      destroy_events_(std::make_unique<InetDestroyEventSource>()) {}

Result<SocketSources> SocketSources::Open(KernelWalk mode) {
  SocketSources sources;
  if (mode == KernelWalk::kOff) {
    sources.why_no_walk_ = {EPERM, "kernel_walk is off in the configuration"};
  } else if (auto walk = OpenWalk(*sources.cookies_)) {
    sources.walk_ = walk->get();
    sources.sockets_ = std::move(walk).value();
    return sources;
  } else if (mode == KernelWalk::kOn) {
    return std::move(walk).error().Within("kernel_walk: on");
  } else {
    sources.why_no_walk_ = std::move(walk).error();
  }
  sources.sockets_ = std::make_unique<InetDiagSource>();
  return sources;
}

WalkStatus SocketSources::walk_status() const {
  if (walk_ == nullptr) return {.reason = why_no_walk_.context};
  return {.is_in_use = true, .stats = walk_->stats()};
}

std::string SocketSources::Announcement() const {
  if (walk_ != nullptr) {
    return "reading the kernel's own table of sockets, of all network namespaces";
  }
  if (why_no_walk_.code == EPERM || !IsKernelWalkBuilt()) return {};
  return "reading sockets over inet_diag, of this network namespace only: " + why_no_walk_.context;
}

}  // namespace connwatch
