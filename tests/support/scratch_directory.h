// A directory for one test's files.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

namespace connwatch {

/// New and empty, removed with everything in it at the end of its scope.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string path = testing::TempDir() + "connwatch_test.XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ScratchDirectory(ScratchDirectory&&) = delete;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;

  std::string path() const { return path_; }
  std::string PathTo(std::string_view name) const { return path_ / name; }

  /// Writes a file; its path.
  std::string Write(std::string_view name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return PathTo(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace connwatch
