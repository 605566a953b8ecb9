// All the names of this host (procfs/host_identity.h has the one that it calls itself).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace connwatch {

/// Returns the names of a host whose name is `host_name`: this one, its first part, and the other
/// names on its lines in `hosts_file`, which has the format of /etc/hosts.
std::vector<std::string> NamesOfHost(const std::string& host_name, std::string_view hosts_file);

/// Returns the names of this host. Reads /etc/hosts and asks no name server, because that can take
/// long.
std::vector<std::string> NamesOfThisHost();

}  // namespace connwatch
