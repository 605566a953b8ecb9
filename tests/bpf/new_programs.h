// How much work the verifier had with BPF programs.
#pragma once

#include <bpf/bpf.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>

namespace connwatch {

// The verifier refuses a program that it cannot judge within a million instructions.
inline constexpr std::uint32_t kFarFromTheLimit = 100'000;

// The programs that were loaded after this was made.
class NewPrograms {
 public:
  NewPrograms() {
    while (bpf_prog_get_next_id(latest_, &latest_) == 0) {
    }
  }

  /// How many instructions the verifier went through, by the program's name, of which the kernel
  /// keeps 15 characters.
  std::map<std::string, std::uint32_t> Verified() const {
    std::map<std::string, std::uint32_t> verified;
    for (std::uint32_t id = latest_; bpf_prog_get_next_id(id, &id) == 0;) {
      const int fd = bpf_prog_get_fd_by_id(id);
      bpf_prog_info info{};
      std::uint32_t size = sizeof(info);
      if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) verified[info.name] = info.verified_insns;
      close(fd);
    }
    return verified;
  }

 private:
  std::uint32_t latest_ = 0;
};

}  // namespace connwatch
