#include "daemon/process/host_names.h"

#include <algorithm>
#include <cstddef>
#include <sstream>

#include "config/regular_file.h"
#include "procfs/host_identity.h"

namespace connwatch {

namespace {

// hosts(5): "127.0.1.1 db1.example.org db1 # a comment".
std::vector<std::string> NamesOnLine(const std::string& line) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::string name;
  words >> name;  // the address
  std::vector<std::string> names;
  while (words >> name) names.push_back(name);
  return names;
}

}  // namespace

std::vector<std::string> NamesOfHost(const std::string& host_name, std::string_view hosts_file) {
  std::vector<std::string> names = {host_name, host_name.substr(0, host_name.find('.'))};
  std::istringstream lines{std::string(hosts_file)};
  std::string line;
  while (std::getline(lines, line)) {
    const std::vector<std::string> more = NamesOnLine(line);
    if (std::ranges::find(more, host_name) == more.end()) continue;
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

std::vector<std::string> NamesOfThisHost() {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
  const auto hosts_file = ReadRegularFile("/etc/hosts", kMaxBytes);
  return NamesOfHost(HostName(), hosts_file ? *hosts_file : std::string());
}

}  // namespace connwatch
