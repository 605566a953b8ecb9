// The TCP connection states of RFC 9293 with the numbers that the kernel gives them, and a set of
// states. Every SocketRecord has a state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace connwatch {

// kernel: include/net/tcp_states.h. NEW_SYN_RECV (12) is not here: inet_diag reports it as
// SYN_RECV.
enum class TcpState : std::uint8_t {
  kEstablished = 1,
  kSynSent = 2,
  kSynRecv = 3,
  kFinWait1 = 4,
  kFinWait2 = 5,
  kTimeWait = 6,
  kClose = 7,
  kCloseWait = 8,
  kLastAck = 9,
  kListen = 10,
  kClosing = 11,
};

/// Every state, in the kernel's order.
inline constexpr std::array kTcpStates = {
    TcpState::kEstablished, TcpState::kSynSent,  TcpState::kSynRecv, TcpState::kFinWait1,
    TcpState::kFinWait2,    TcpState::kTimeWait, TcpState::kClose,   TcpState::kCloseWait,
    TcpState::kLastAck,     TcpState::kListen,   TcpState::kClosing,
};
inline constexpr std::size_t kTcpStateCount = kTcpStates.size();

/// 0 to kTcpStateCount - 1, for tables by state.
constexpr std::size_t IndexOf(TcpState state) { return static_cast<std::size_t>(state) - 1; }

/// True iff this side has closed: its FIN was sent, or waits behind data.
constexpr bool HasSentFin(TcpState state) {
  return state == TcpState::kFinWait1 || state == TcpState::kFinWait2 ||
         state == TcpState::kClosing || state == TcpState::kLastAck;
}

/// A set of states, as the kernel's bit mask.
class TcpStateSet {
 public:
  constexpr TcpStateSet(std::initializer_list<TcpState> states) {
    for (const TcpState state : states) Add(state);
  }
  static constexpr TcpStateSet All() {
    TcpStateSet all{};
    for (const TcpState state : kTcpStates) all.Add(state);
    return all;
  }

  constexpr void Add(TcpState state) { bits_ |= BitOf(state); }
  constexpr bool Has(TcpState state) const { return (bits_ & BitOf(state)) != 0; }
  /// Bit N is the state numbered N.
  constexpr std::uint32_t bits() const { return bits_; }

 private:
  static constexpr std::uint32_t BitOf(TcpState state) {
    return 1U << static_cast<unsigned>(state);
  }

  std::uint32_t bits_ = 0;
};

/// Converts the kernel's number to a state; NEW_SYN_RECV (12) becomes SYN_RECV. nullopt for any
/// other number.
std::optional<TcpState> TcpStateFromKernel(std::uint8_t number);

/// The value of the `state` label: "established", "syn_sent", ...
std::string_view Name(TcpState state);

}  // namespace connwatch
