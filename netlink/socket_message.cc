#include "netlink/socket_message.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "netlink/attributes.h"
#include "netlink/load_at.h"

namespace connwatch {

namespace {

using Bytes = std::span<const std::byte>;

IpAddress AddressFrom(std::uint8_t family, std::span<const __be32, 4> words) {
  const std::span<const std::byte, 16> bytes = std::as_bytes(words);
  return family == AF_INET ? IpAddress::FromIpv4(bytes.first<4>()) : IpAddress::FromIpv6(bytes);
}

std::optional<std::chrono::milliseconds> MillisecondsAt(Bytes bytes, std::size_t offset) {
  const auto value = LoadAt<std::uint32_t>(bytes, offset);
  return value ? std::optional(std::chrono::milliseconds(*value)) : std::nullopt;
}

std::optional<TcpTraffic> ParseTraffic(Bytes bytes) {
  // This is the newest of the fields. If it is there, the others are too.
  if (bytes.size() <
      offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(tcp_info::tcpi_bytes_retrans)) {
    return std::nullopt;
  }
  const auto u64_at = [bytes](std::size_t offset) { return *LoadAt<std::uint64_t>(bytes, offset); };
  const auto u32_at = [bytes](std::size_t offset) { return *LoadAt<std::uint32_t>(bytes, offset); };
  const auto time_at = [&](std::size_t offset) {
    return std::chrono::microseconds(u64_at(offset));
  };
  return TcpTraffic{.bytes_acked = u64_at(offsetof(tcp_info, tcpi_bytes_acked)),
                    .bytes_received = u64_at(offsetof(tcp_info, tcpi_bytes_received)),
                    .bytes_sent = u64_at(offsetof(tcp_info, tcpi_bytes_sent)),
                    .bytes_retransmitted = u64_at(offsetof(tcp_info, tcpi_bytes_retrans)),
                    .segments_sent = u32_at(offsetof(tcp_info, tcpi_segs_out)),
                    .segments_retransmitted = u32_at(offsetof(tcp_info, tcpi_total_retrans)),
                    .busy = time_at(offsetof(tcp_info, tcpi_busy_time)),
                    .rwnd_limited = time_at(offsetof(tcp_info, tcpi_rwnd_limited)),
                    .sndbuf_limited = time_at(offsetof(tcp_info, tcpi_sndbuf_limited)),
                    .segments_unacked = u32_at(offsetof(tcp_info, tcpi_unacked)),
                    .bytes_not_sent = u32_at(offsetof(tcp_info, tcpi_notsent_bytes))};
}

// kernel: tcpi_snd_wnd is there from 5.4 on.
bool HasHeardPeer(Bytes bytes) {
  const auto options = LoadAt<std::uint8_t>(bytes, offsetof(tcp_info, tcpi_options));
  const auto window = LoadAt<std::uint32_t>(bytes, offsetof(tcp_info, tcpi_snd_wnd));
  const auto rtt = LoadAt<std::uint32_t>(bytes, offsetof(tcp_info, tcpi_rtt));
  return options.value_or(0) != 0 || window.value_or(0) != 0 || rtt.value_or(0) != 0;
}

// kernel: tcp_get_info(): icsk_rto in microseconds, and icsk_backoff.
std::optional<Retransmission> ParseRetransmission(Bytes bytes) {
  const auto timeout_us = LoadAt<std::uint32_t>(bytes, offsetof(tcp_info, tcpi_rto));
  const auto backoff = LoadAt<std::uint8_t>(bytes, offsetof(tcp_info, tcpi_backoff));
  if (!timeout_us || !backoff) return std::nullopt;
  return Retransmission{.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::microseconds(*timeout_us)),
                        .backoff = *backoff};
}

TcpInfo ParseTcpInfo(Bytes bytes) {
  TcpInfo info;
  // kernel: tcp_get_info(): srtt_us >> 3; 0 until the first sample.
  const auto rtt_us = LoadAt<std::uint32_t>(bytes, offsetof(tcp_info, tcpi_rtt));
  if (rtt_us && *rtt_us != 0) info.rtt = std::chrono::microseconds(*rtt_us);
  // kernel: tcp_min_rtt(): ~0 until the first sample.
  const auto min_rtt_us = LoadAt<std::uint32_t>(bytes, offsetof(tcp_info, tcpi_min_rtt));
  const bool is_measured = min_rtt_us && *min_rtt_us != std::numeric_limits<std::uint32_t>::max();
  if (is_measured) info.min_rtt = std::chrono::microseconds(*min_rtt_us);
  info.since_last_ack_received = MillisecondsAt(bytes, offsetof(tcp_info, tcpi_last_ack_recv));
  info.idle = info.since_last_ack_received;
  for (const std::size_t offset :
       {offsetof(tcp_info, tcpi_last_data_sent), offsetof(tcp_info, tcpi_last_data_recv)}) {
    const auto age = MillisecondsAt(bytes, offset);
    if (age && info.idle) info.idle = std::min(*info.idle, *age);
  }
  info.traffic = ParseTraffic(bytes);
  info.has_heard_peer = HasHeardPeer(bytes);
  return info;
}

// Reads one attribute of `message` into `record`, if it is of a kind that is used.
void ReadAttribute(const inet_diag_msg& message, unsigned type, Bytes value, SocketRecord& record) {
  // kernel: inet_sk_diag_fill(): 1 for ICSK_TIME_RETRANS, ICSK_TIME_REO_TIMEOUT and
  // ICSK_TIME_LOSS_PROBE.
  constexpr std::uint8_t kRetransmissionTimer = 1;
  // kernel: include/uapi/linux/sock_diag.h, SK_MEMINFO_DROPS in an array of u32.
  constexpr std::size_t kDropsOffset = SK_MEMINFO_DROPS * sizeof(std::uint32_t);
  switch (type) {
    case INET_DIAG_INFO:
      record.tcp_info = ParseTcpInfo(value);
      if (message.idiag_timer == kRetransmissionTimer) {
        record.tcp_info->retransmission = ParseRetransmission(value);
      }
      break;
    case INET_DIAG_SKMEMINFO:
      record.drops = LoadAt<std::uint32_t>(value, kDropsOffset);
      break;
    case INET_DIAG_CGROUP_ID:
      record.cgroup_id = LoadAt<std::uint64_t>(value, 0);
      break;
    case INET_DIAG_SKV6ONLY:
      record.is_v6_only = LoadAt<std::uint8_t>(value, 0).value_or(0) != 0;
      break;
    default:
      break;
  }
}

}  // namespace

Result<SocketRecord> ParseSocketMessage(Bytes payload) {
  const auto message = LoadAt<inet_diag_msg>(payload, 0);
  if (!message) return MalformedMessage("only " + std::to_string(payload.size()) + " bytes");
  const auto state = TcpStateFromKernel(message->idiag_state);
  if (!state) return MalformedMessage("unknown state " + std::to_string(message->idiag_state));
  if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6) {
    return MalformedMessage("unknown address family " + std::to_string(message->idiag_family));
  }

  SocketRecord record;
  record.state = *state;
  record.local = {AddressFrom(message->idiag_family, message->id.idiag_src),
                  ntohs(message->id.idiag_sport)};
  record.remote = {AddressFrom(message->idiag_family, message->id.idiag_dst),
                   ntohs(message->id.idiag_dport)};
  record.interface = message->id.idiag_if;
  // kernel: sock_diag_save_cookie(): low word first.
  constexpr unsigned kWordBits = std::numeric_limits<std::uint32_t>::digits;
  record.cookie =
      std::uint64_t{message->id.idiag_cookie[1]} << kWordBits | message->id.idiag_cookie[0];
  record.socket_family =
      message->idiag_family == AF_INET ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  record.retransmissions = message->idiag_retrans;
  record.timer_expires = std::chrono::milliseconds(message->idiag_expires);
  record.receive_queue = message->idiag_rqueue;
  record.send_queue = message->idiag_wqueue;
  const auto read = [&](unsigned type, Bytes value) {
    ReadAttribute(*message, type, value, record);
  };
  if (auto parsed = ReadAttributes(payload.subspan(sizeof(inet_diag_msg)), read); !parsed) {
    return std::move(parsed).error();
  }
  return record;
}

}  // namespace connwatch
