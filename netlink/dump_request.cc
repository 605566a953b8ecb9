#include "netlink/dump_request.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "core/base/tcp_state.h"
#include "netlink/filter_bytecode.h"

namespace connwatch {

namespace {

// kernel: include/net/tcp_states.h. Request sockets have a bit of their own, which must be set as
// well.
constexpr std::uint32_t kNewSynRecvBit = 1U << 12U;

std::uint32_t StateBits(const DumpQuery& query) {
  return query.states.bits() | (query.states.Has(TcpState::kSynRecv) ? kNewSynRecvBit : 0);
}

std::uint8_t ExtensionBits(const DumpQuery& query) {
  unsigned bits = 0;
  if (query.tcp_info) bits |= 1U << (INET_DIAG_INFO - 1U);
  if (query.socket_memory) bits |= 1U << (INET_DIAG_SKMEMINFO - 1U);
  if (query.details) bits |= 1U << (INET_DIAG_INFO - 1U) | 1U << (INET_DIAG_CONG - 1U);
  return static_cast<std::uint8_t>(bits);
}

void PutBothFamilies(nlmsghdr* header, const DumpQuery& query) {
  header->nlmsg_type = TCPDIAG_GETSOCK;
  auto* body =
      static_cast<inet_diag_req*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req)));
  body->idiag_family = AF_INET;  // the kernel ignores it: inet_diag_dump_compat() sets AF_UNSPEC
  body->idiag_ext = ExtensionBits(query);
  body->idiag_states = StateBits(query);
}

void PutOneFamily(nlmsghdr* header, const DumpQuery& query, AddressFamily family) {
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  auto* body =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  body->sdiag_family = family == AddressFamily::kIpv4 ? AF_INET : AF_INET6;
  body->sdiag_protocol = IPPROTO_TCP;
  body->idiag_ext = ExtensionBits(query);
  body->idiag_states = StateBits(query);
}

}  // namespace

std::vector<std::byte> BuildDumpRequest(const DumpRequest& request, std::uint32_t sequence) {
  constexpr std::size_t kRoom = 256;
  alignas(nlmsghdr) std::array<std::byte, kRoom> buffer{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence;
  if (request.family) {
    PutOneFamily(header, request.query, *request.family);
  } else {
    PutBothFamilies(header, request.query);
  }
  const auto bytecode = BuildFilterBytecode(request.query.endpoints);
  if (!bytecode.empty()) {
    mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, bytecode.size(), bytecode.data());
  }
  return {buffer.begin(), buffer.begin() + header->nlmsg_len};
}

}  // namespace connwatch
