#include "core/base/tcp_state.h"

namespace connwatch {

namespace {
// kernel: include/net/tcp_states.h, a request socket inside the kernel.
constexpr std::uint8_t kNewSynRecv = 12;
}  // namespace

std::optional<TcpState> TcpStateFromKernel(std::uint8_t number) {
  if (number == kNewSynRecv) return TcpState::kSynRecv;
  if (number < 1 || number > kTcpStateCount) return std::nullopt;
  return static_cast<TcpState>(number);
}

std::string_view Name(TcpState state) {
  switch (state) {
    case TcpState::kEstablished:
      return "established";
    case TcpState::kSynSent:
      return "syn_sent";
    case TcpState::kSynRecv:
      return "syn_recv";
    case TcpState::kFinWait1:
      return "fin_wait1";
    case TcpState::kFinWait2:
      return "fin_wait2";
    case TcpState::kTimeWait:
      return "time_wait";
    case TcpState::kClose:
      return "close";
    case TcpState::kCloseWait:
      return "close_wait";
    case TcpState::kLastAck:
      return "last_ack";
    case TcpState::kListen:
      return "listen";
    case TcpState::kClosing:
      return "closing";
  }
  return "unknown";
}

}  // namespace connwatch
