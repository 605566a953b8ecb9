// Any filter and any socket: the program for the kernel is one that the kernel accepts, and it
// takes every socket that the filter takes. It is run here as the kernel runs it. kernel:
// inet_diag_bc_audit() and inet_diag_bc_run() in net/ipv4/inet_diag.c.
#include <fuzzer/FuzzedDataProvider.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/sockets/endpoint_filter.h"
#include "netlink/filter_bytecode.h"
#include "netlink/load_at.h"
#include "tests/fuzz/require.h"

namespace {

using connwatch::AddressFamily;
using connwatch::EndpointFilter;
using connwatch::IpAddress;
using connwatch::IpPrefix;
using connwatch::LoadAt;
using connwatch::PortRange;
using connwatch::Require;
using Bytes = std::span<const std::byte>;
using AddressBytes = std::array<std::byte, 16>;

constexpr std::size_t kOperationBytes = sizeof(inet_diag_bc_op);
constexpr std::array kMapped = {std::byte{0xff}, std::byte{0xff}};

// Few different bytes, so that prefixes often contain addresses.
IpAddress ReadAddress(FuzzedDataProvider& input) {
  AddressBytes bytes{};
  for (std::byte& byte : bytes)
    byte = std::byte{input.ConsumeIntegral<std::uint8_t>()} & std::byte{0x81};
  if (input.ConsumeBool()) return IpAddress::FromIpv4(std::span(bytes).first<4>());
  bytes[0] = std::byte{0x20};  // not v4-mapped
  return IpAddress::FromIpv6(bytes);
}

IpPrefix ReadPrefix(FuzzedDataProvider& input) {
  const IpAddress address = ReadAddress(input);
  return {address, input.ConsumeIntegralInRange(0U, connwatch::BitsOf(address.family()))};
}

PortRange ReadPorts(FuzzedDataProvider& input) {
  const auto first = input.ConsumeIntegral<std::uint16_t>();
  return {first, input.ConsumeIntegralInRange<std::uint16_t>(first, 0xffff)};
}

EndpointFilter ReadFilter(FuzzedDataProvider& input) {
  EndpointFilter filter;
  if (input.ConsumeBool()) filter.local_ports = ReadPorts(input);
  if (input.ConsumeBool()) filter.remote_ports = ReadPorts(input);
  if (input.ConsumeBool()) filter.local_addresses = ReadPrefix(input);
  if (input.ConsumeBool()) filter.remote_addresses = ReadPrefix(input);
  return filter;
}

connwatch::SocketRecord ReadRecord(FuzzedDataProvider& input) {
  connwatch::SocketRecord record;
  record.local = {ReadAddress(input), input.ConsumeIntegral<std::uint16_t>()};
  record.remote = {ReadAddress(input), input.ConsumeIntegral<std::uint16_t>()};
  const auto is_ipv6 = [](const auto& end) { return end.address.family() == AddressFamily::kIpv6; };
  const bool is_dual = is_ipv6(record.local) || is_ipv6(record.remote) || input.ConsumeBool();
  record.socket_family = is_dual ? AddressFamily::kIpv6 : AddressFamily::kIpv4;
  return record;
}

// As the kernel has it: in v4-mapped form in a socket of IPv6.
AddressBytes KernelForm(const IpAddress& address, AddressFamily socket_family) {
  AddressBytes bytes{};
  const bool is_mapped = socket_family != address.family();
  if (is_mapped) std::ranges::copy(kMapped, bytes.begin() + 10);
  std::ranges::copy(address.NetworkOrder(), bytes.begin() + (is_mapped ? 12 : 0));
  return bytes;
}

// struct inet_diag_hostcond without the address behind it, which makes it a type of no size.
struct HostCondition {
  std::uint8_t family;
  std::uint8_t prefix_length;
  std::int32_t port;
};
static_assert(sizeof(HostCondition) == sizeof(inet_diag_hostcond));
static_assert(offsetof(HostCondition, port) == offsetof(inet_diag_hostcond, port));

bool HaveSameBits(Bytes a, Bytes b, unsigned count) {
  constexpr unsigned kByteBits = 8;
  for (unsigned bit = 0; bit < count; ++bit) {
    const std::byte mask = std::byte{0x80} >> bit % kByteBits;
    if ((a[bit / kByteBits] & mask) != (b[bit / kByteBits] & mask)) return false;
  }
  return true;
}

bool HoldsForHost(Bytes condition, const IpAddress& address, AddressFamily socket_family) {
  const auto host = LoadAt<HostCondition>(condition, 0);
  Require(host && host->port == -1);
  const Bytes prefix = condition.subspan(sizeof(inet_diag_hostcond));
  const AddressBytes bytes = KernelForm(address, socket_family);
  const int family = socket_family == AddressFamily::kIpv4 ? AF_INET : AF_INET6;
  if (host->family == family) return HaveSameBits(bytes, prefix, host->prefix_length);
  const bool is_mapped = socket_family != address.family();
  if (!is_mapped || host->family != AF_INET) return false;
  return HaveSameBits(Bytes(bytes).subspan(12), prefix, host->prefix_length);
}

// True iff the kernel goes on with the next operation.
bool Holds(const inet_diag_bc_op& operation, Bytes operand, const connwatch::SocketRecord& record) {
  const auto port = LoadAt<inet_diag_bc_op>(operand, 0);
  Require(port.has_value());
  switch (operation.code) {
    case INET_DIAG_BC_S_GE:
      return record.local.port >= port->no;
    case INET_DIAG_BC_S_LE:
      return record.local.port <= port->no;
    case INET_DIAG_BC_D_GE:
      return record.remote.port >= port->no;
    case INET_DIAG_BC_D_LE:
      return record.remote.port <= port->no;
    case INET_DIAG_BC_S_COND:
      return HoldsForHost(operand, record.local.address, record.socket_family);
    case INET_DIAG_BC_D_COND:
      return HoldsForHost(operand, record.remote.address, record.socket_family);
    default:
      Require(false);
      return false;
  }
}

// How long the kernel wants an operation to be at least.
std::size_t LeastBytes(const inet_diag_bc_op& operation, Bytes operand) {
  if (operation.code != INET_DIAG_BC_S_COND && operation.code != INET_DIAG_BC_D_COND) {
    return 2 * kOperationBytes;
  }
  const auto host = LoadAt<HostCondition>(operand, 0);
  Require(host && (host->family == AF_INET || host->family == AF_INET6));
  const std::size_t address_bytes = host->family == AF_INET ? 4 : 16;
  Require(host->prefix_length <= 8 * address_bytes);
  return kOperationBytes + sizeof(inet_diag_hostcond) + address_bytes;
}

// Audits and runs it. A jump by `no` leads behind the end: the socket is refused.
bool Accepts(Bytes program, const connwatch::SocketRecord& record) {
  bool is_accepted = true;
  while (!program.empty()) {
    const auto operation = LoadAt<inet_diag_bc_op>(program, 0);
    Require(operation.has_value());
    const Bytes operand = program.subspan(kOperationBytes);
    const std::size_t least = LeastBytes(*operation, operand);
    Require(least <= program.size() && operation->yes >= least && operation->yes % 4 == 0);
    Require(operation->yes <= program.size());
    Require(operation->no == program.size() + kOperationBytes);
    is_accepted = is_accepted && Holds(*operation, operand, record);
    program = program.subspan(operation->yes);
  }
  return is_accepted;
}

// The kernel takes an IPv4 connection of a socket of IPv6 for IPv6 as well, the filter does not.
bool IsWider(const EndpointFilter& filter, const connwatch::SocketRecord& record) {
  const auto is_wider = [&record](const auto& prefix, const IpAddress& address) {
    return prefix && prefix->address().family() == AddressFamily::kIpv6 &&
           record.socket_family != address.family();
  };
  return is_wider(filter.local_addresses, record.local.address) ||
         is_wider(filter.remote_addresses, record.remote.address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider input(bytes, size);
  const EndpointFilter filter = ReadFilter(input);
  const connwatch::SocketRecord record = ReadRecord(input);
  const std::vector<std::byte> program = connwatch::BuildFilterBytecode(filter);
  const bool is_accepted = Accepts(program, record);
  Require(is_accepted || !filter.Matches(record));
  Require(!is_accepted || filter.Matches(record) || IsWider(filter, record));
  return 0;
}
