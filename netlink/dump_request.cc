#include "netlink/dump_request.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "core/tcp_state.h"

namespace connwatch {

namespace {

// kernel: include/net/tcp_states.h. A request socket is asked for by its own bit as well.
constexpr std::uint32_t kNewSynRecvBit = 1U << 12U;

constexpr std::uint32_t AllStates() {
  std::uint32_t mask = kNewSynRecvBit;
  for (const TcpState state : kTcpStates) mask |= 1U << static_cast<unsigned>(state);
  return mask;
}

constexpr std::uint8_t kTcpInfoExtension = 1U << (INET_DIAG_INFO - 1U);

void PutBothFamilies(nlmsghdr* header) {
  header->nlmsg_type = TCPDIAG_GETSOCK;
  auto* body =
      static_cast<inet_diag_req*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req)));
  body->idiag_family = AF_INET;  // the kernel ignores it: inet_diag_dump_compat() sets AF_UNSPEC
  body->idiag_ext = kTcpInfoExtension;
  body->idiag_states = AllStates();
}

void PutOneFamily(nlmsghdr* header, AddressFamily family) {
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  auto* body =
      static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  body->sdiag_family = family == AddressFamily::kIpv4 ? AF_INET : AF_INET6;
  body->sdiag_protocol = IPPROTO_TCP;
  body->idiag_ext = kTcpInfoExtension;
  body->idiag_states = AllStates();
}

}  // namespace

std::vector<std::byte> BuildDumpRequest(const DumpRequest& request, std::uint32_t sequence) {
  constexpr std::size_t kRoom = 256;
  alignas(nlmsghdr) std::array<std::byte, kRoom> buffer{};
  nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = sequence;
  if (request.family) {
    PutOneFamily(header, *request.family);
  } else {
    PutBothFamilies(header);
  }
  return {buffer.begin(), buffer.begin() + header->nlmsg_len};
}

}  // namespace connwatch
