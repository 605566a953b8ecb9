// A server for one kind of answer, on a port of 127.0.0.1 of its own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"

namespace connwatch {

/// Answers every request with the same bytes and closes; without bytes, takes connections and is
/// silent. Any thread may ask for what it got.
class HttpPeer {
 public:
  explicit HttpPeer(std::string answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, generic, &size) != 0 || pipe(stop_.data()) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~HttpPeer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listener_);
  }
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;
  HttpPeer(HttpPeer&&) = delete;
  HttpPeer& operator=(HttpPeer&&) = delete;

  std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + name() + "/api/v2/alerts"; }

  /// Headers and body of each.
  std::vector<std::string> requests() const {
    const MutexLock lock(mutex_);
    return requests_;
  }

 private:
  // False where it is to stop.
  bool WaitFor(int fd) const {
    std::array<pollfd, 2> waiting = {pollfd{fd, POLLIN, 0}, pollfd{stop_[0], POLLIN, 0}};
    poll(waiting.data(), waiting.size(), -1);
    return waiting[1].revents == 0;
  }

  void Run() {
    while (WaitFor(listener_)) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      Serve(fd);
      close(fd);
    }
  }

  void Serve(int fd) {
    std::string request;
    std::array<char, 4'096> bytes{};
    while (!IsComplete(request)) {
      if (!WaitFor(fd)) return;
      const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
      if (count <= 0) return;
      request.append(bytes.data(), static_cast<std::size_t>(count));
    }
    {
      const MutexLock lock(mutex_);
      requests_.push_back(std::move(request));
    }
    if (answer_.empty()) {
      WaitFor(fd);  // until one of both ends it
    } else {
      send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  static bool IsComplete(const std::string& request) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t end = request.find("\r\n\r\n");
    const std::size_t length = request.find(kLength);
    if (end == std::string::npos || length == std::string::npos) return false;
    return request.size() >= end + 4 + std::stoul(request.substr(length + kLength.size()));
  }

  const std::string answer_;
  int listener_ = -1;
  std::array<int, 2> stop_{};
  std::uint16_t port_ = 0;
  mutable Mutex mutex_;
  std::vector<std::string> requests_ CONNWATCH_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace connwatch
