// A network namespace for one test, so that it meets neither other sockets nor this host's
// settings.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace connwatch {

/// While it lives, the thread that made it is in a new network namespace, with loopback. Threads
/// that this one starts are there too. Without CAP_SYS_ADMIN the thread stays where it is.
class OwnNetwork {
 public:
  OwnNetwork() {
    if (!is_inside_) return;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ifreq loopback{.ifr_ifrn = {.ifrn_name = "lo"}, .ifr_ifru = {.ifru_flags = IFF_UP}};
    EXPECT_EQ(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
    close(fd);
  }
  ~OwnNetwork() {
    if (is_inside_) EXPECT_EQ(setns(home_, CLONE_NEWNET), 0);
    close(home_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

 private:
  int home_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  bool is_inside_ = unshare(CLONE_NEWNET) == 0;
};

}  // namespace connwatch
