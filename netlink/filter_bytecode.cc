#include "netlink/filter_bytecode.h"

#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace connwatch {

namespace {

// A condition: an operation and its operand. If it holds, the program goes on after it.
using Condition = std::vector<std::byte>;

template <typename T>
void Append(std::vector<std::byte>& bytes, const T& value) {
  const std::size_t offset = bytes.size();
  bytes.resize(offset + sizeof(value));
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

inet_diag_bc_op Operation(unsigned code) {
  inet_diag_bc_op operation{};
  operation.code = static_cast<unsigned char>(code);
  return operation;
}

// kernel: the port to compare with is in `no` of a second operation, in host order.
Condition ComparePort(unsigned code, std::uint16_t port) {
  Condition condition;
  inet_diag_bc_op operand = Operation(INET_DIAG_BC_NOP);
  operand.no = port;
  Append(condition, Operation(code));
  Append(condition, operand);
  return condition;
}

// kernel: struct inet_diag_hostcond; a prefix of AF_INET takes v4-mapped addresses as well.
Condition ComparePrefix(unsigned code, const IpPrefix& prefix) {
  const auto family = prefix.address().family();
  inet_diag_hostcond host{};
  host.family = family == AddressFamily::kIpv4 ? AF_INET : AF_INET6;
  host.prefix_len = static_cast<unsigned char>(prefix.length());
  host.port = -1;  // any
  Condition condition;
  Append(condition, Operation(code));
  Append(condition, host);
  const auto bytes = prefix.address().NetworkOrder();
  condition.insert(condition.end(), bytes.begin(), bytes.end());
  return condition;
}

std::vector<Condition> ConditionsOf(const EndpointFilter& filter) {
  std::vector<Condition> conditions;
  if (const auto& ports = filter.local_ports) {
    conditions.push_back(ComparePort(INET_DIAG_BC_S_GE, ports->first));
    conditions.push_back(ComparePort(INET_DIAG_BC_S_LE, ports->last));
  }
  if (const auto& ports = filter.remote_ports) {
    conditions.push_back(ComparePort(INET_DIAG_BC_D_GE, ports->first));
    conditions.push_back(ComparePort(INET_DIAG_BC_D_LE, ports->last));
  }
  if (const auto& prefix = filter.local_addresses) {
    conditions.push_back(ComparePrefix(INET_DIAG_BC_S_COND, *prefix));
  }
  if (const auto& prefix = filter.remote_addresses) {
    conditions.push_back(ComparePrefix(INET_DIAG_BC_D_COND, *prefix));
  }
  return conditions;
}

}  // namespace

std::vector<std::byte> BuildFilterBytecode(const EndpointFilter& filter) {
  const std::vector<Condition> conditions = ConditionsOf(filter);
  std::size_t left = 0;
  for (const Condition& condition : conditions) left += condition.size();
  std::vector<std::byte> program;
  program.reserve(left);
  for (const Condition& condition : conditions) {
    inet_diag_bc_op operation{};
    std::memcpy(&operation, condition.data(), sizeof(operation));
    operation.yes = static_cast<unsigned char>(condition.size());
    // kernel: a jump to 4 bytes after the end refuses the socket.
    operation.no = static_cast<unsigned short>(left + sizeof(operation));
    Append(program, operation);
    program.insert(program.end(), condition.begin() + sizeof(operation), condition.end());
    left -= condition.size();
  }
  return program;
}

}  // namespace connwatch
