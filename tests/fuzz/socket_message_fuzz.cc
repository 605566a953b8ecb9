// Any bytes as what the kernel says of one socket: what reads as a record has the ports of the
// bytes, reads as details and can be shown; an attribute that nobody knows changes nothing.
#include <linux/inet_diag.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "core/sockets/endpoint_filter.h"
#include "exporters/json/json_sockets.h"
#include "netlink/details_message.h"
#include "netlink/socket_message.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/strict_json.h"

namespace {

using connwatch::Endpoint;
using connwatch::Require;
using connwatch::SocketDetails;
using connwatch::SocketRecord;
using Bytes = std::span<const std::byte>;

void CheckEndpoint(const Endpoint& endpoint, Bytes port) {
  Require(endpoint.port ==
          (std::to_integer<unsigned>(port[0]) << 8U | std::to_integer<unsigned>(port[1])));
  const auto address = connwatch::IpAddress::Parse(endpoint.address.ToString());
  Require(address && *address == endpoint.address);
}

void CheckFilter(const SocketRecord& record) {
  const connwatch::EndpointFilter own = {
      .local_ports = connwatch::PortRange{record.local.port, record.local.port},
      .remote_ports = connwatch::PortRange{record.remote.port, record.remote.port},
      .local_addresses = connwatch::IpPrefix(record.local.address, 128),
      .remote_addresses = connwatch::IpPrefix(record.remote.address, 0)};
  Require(own.Matches(record));
}

void CheckDetails(const SocketDetails& details) {
  Require(details.congestion_control.find('\0') == std::string::npos);
  std::set<std::string_view> names;
  for (const connwatch::TcpInfoNumber& number : details.tcp_info) {
    Require(number.per_unit > 0 && names.insert(number.name).second);
  }
}

void CheckShown(const SocketRecord& record, const SocketDetails& details) {
  const std::string list =
      connwatch::RenderSocketsBegin({}) +
      connwatch::RenderSocket({record, details, {}, "group", ""}, /*is_first=*/true) +
      connwatch::RenderSocket({record, {}, {}, "", "unit"}, /*is_first=*/false) +
      connwatch::RenderSocketsEnd(2, "");
  const nlohmann::json json = connwatch::ReadStrictJson(list);
  Require(json.at("sockets").size() == 2);
  Require(json.at("sockets").at(0).at("state") == connwatch::Name(record.state));
}

// The types of the kernel end at INET_DIAG_SOCKOPT, 22 (Linux 6.12).
void CheckUnknownAttribute(Bytes payload, const SocketRecord& record) {
  constexpr std::array kUnknown = {std::byte{8}, std::byte{0}, std::byte{250}, std::byte{0},
                                   std::byte{1}, std::byte{2}, std::byte{3},   std::byte{4}};
  if (payload.size() % 4 != 0) return;
  std::vector<std::byte> longer(payload.begin(), payload.end());
  longer.insert(longer.end(), kUnknown.begin(), kUnknown.end());
  const auto again = connwatch::ParseSocketMessage(longer);
  Require(again && again->state == record.state && again->local == record.local &&
          again->remote == record.remote && again->cookie == record.cookie &&
          again->drops == record.drops && again->cgroup_id == record.cgroup_id &&
          again->tcp_info.has_value() == record.tcp_info.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Bytes payload = std::as_bytes(std::span(bytes, size));
  const auto record = connwatch::ParseSocketMessage(payload);
  if (!record) return 0;
  const auto details = connwatch::ParseSocketDetails(payload);
  Require(details.ok());
  constexpr std::size_t kPorts = offsetof(inet_diag_msg, id.idiag_sport);
  CheckEndpoint(record->local, payload.subspan(kPorts));
  CheckEndpoint(record->remote, payload.subspan(kPorts + 2));
  CheckFilter(*record);
  CheckDetails(*details);
  CheckShown(*record, *details);
  CheckUnknownAttribute(payload, *record);
  return 0;
}
