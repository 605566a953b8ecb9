#include "netlink/details_message.h"

#include <linux/inet_diag.h>
#include <linux/tcp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "netlink/attributes.h"

namespace connwatch {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kMicroseconds = 1'000'000;
constexpr std::uint32_t kMilliseconds = 1'000;
constexpr std::uint64_t kNone32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kNone64 = std::numeric_limits<std::uint64_t>::max();
// kernel: include/net/tcp.h, TCP_INFINITE_SSTHRESH.
constexpr std::uint64_t kInfiniteThreshold = 0x7fffffff;

struct Field {
  std::string_view name;
  std::size_t offset;
  std::size_t size;
  std::uint32_t per_unit = 1;
  std::optional<std::uint64_t> unmeasured = std::nullopt;  // the value that means "none"
};

// The offset and the size of the same field of the kernel's struct.
#define CONNWATCH_TCP_INFO(field) offsetof(tcp_info, field), sizeof(tcp_info::field)

// In the order of ss -i. Fields that SocketRecord has are here as well.
constexpr auto kFields = std::to_array<Field>({
    {"rto_seconds", CONNWATCH_TCP_INFO(tcpi_rto), kMicroseconds},
    {"backoff", CONNWATCH_TCP_INFO(tcpi_backoff)},
    {"rtt_seconds", CONNWATCH_TCP_INFO(tcpi_rtt), kMicroseconds, 0},
    {"rtt_variation_seconds", CONNWATCH_TCP_INFO(tcpi_rttvar), kMicroseconds},
    {"min_rtt_seconds", CONNWATCH_TCP_INFO(tcpi_min_rtt), kMicroseconds, kNone32},
    {"receiver_rtt_seconds", CONNWATCH_TCP_INFO(tcpi_rcv_rtt), kMicroseconds, 0},
    {"delayed_ack_timeout_seconds", CONNWATCH_TCP_INFO(tcpi_ato), kMicroseconds, 0},
    {"send_mss_bytes", CONNWATCH_TCP_INFO(tcpi_snd_mss)},
    {"receive_mss_bytes", CONNWATCH_TCP_INFO(tcpi_rcv_mss)},
    {"advertised_mss_bytes", CONNWATCH_TCP_INFO(tcpi_advmss)},
    {"path_mtu_bytes", CONNWATCH_TCP_INFO(tcpi_pmtu)},
    {"congestion_window_segments", CONNWATCH_TCP_INFO(tcpi_snd_cwnd)},
    {"slow_start_threshold_segments", CONNWATCH_TCP_INFO(tcpi_snd_ssthresh), 1, kInfiniteThreshold},
    {"peer_window_bytes", CONNWATCH_TCP_INFO(tcpi_snd_wnd)},
    {"receive_space_bytes", CONNWATCH_TCP_INFO(tcpi_rcv_space)},
    {"receive_window_limit_bytes", CONNWATCH_TCP_INFO(tcpi_rcv_ssthresh)},
    {"bytes_sent", CONNWATCH_TCP_INFO(tcpi_bytes_sent)},
    {"bytes_acked", CONNWATCH_TCP_INFO(tcpi_bytes_acked)},
    {"bytes_received", CONNWATCH_TCP_INFO(tcpi_bytes_received)},
    {"bytes_retransmitted", CONNWATCH_TCP_INFO(tcpi_bytes_retrans)},
    {"unsent_bytes", CONNWATCH_TCP_INFO(tcpi_notsent_bytes)},
    {"segments_sent", CONNWATCH_TCP_INFO(tcpi_segs_out)},
    {"segments_received", CONNWATCH_TCP_INFO(tcpi_segs_in)},
    {"data_segments_sent", CONNWATCH_TCP_INFO(tcpi_data_segs_out)},
    {"data_segments_received", CONNWATCH_TCP_INFO(tcpi_data_segs_in)},
    {"segments_retransmitted", CONNWATCH_TCP_INFO(tcpi_total_retrans)},
    {"unacked_segments", CONNWATCH_TCP_INFO(tcpi_unacked)},
    {"retransmitting_segments", CONNWATCH_TCP_INFO(tcpi_retrans)},
    {"lost_segments", CONNWATCH_TCP_INFO(tcpi_lost)},
    {"sacked_segments", CONNWATCH_TCP_INFO(tcpi_sacked)},
    {"delivered_segments", CONNWATCH_TCP_INFO(tcpi_delivered)},
    {"delivered_ce_segments", CONNWATCH_TCP_INFO(tcpi_delivered_ce)},
    {"dsack_duplicates", CONNWATCH_TCP_INFO(tcpi_dsack_dups)},
    {"reordering_segments", CONNWATCH_TCP_INFO(tcpi_reordering)},
    {"reorderings_seen", CONNWATCH_TCP_INFO(tcpi_reord_seen)},
    {"out_of_order_segments", CONNWATCH_TCP_INFO(tcpi_rcv_ooopack)},
    {"since_data_sent_seconds", CONNWATCH_TCP_INFO(tcpi_last_data_sent), kMilliseconds},
    {"since_data_received_seconds", CONNWATCH_TCP_INFO(tcpi_last_data_recv), kMilliseconds},
    {"since_ack_received_seconds", CONNWATCH_TCP_INFO(tcpi_last_ack_recv), kMilliseconds},
    {"pacing_rate_bytes_per_second", CONNWATCH_TCP_INFO(tcpi_pacing_rate), 1, kNone64},
    {"delivery_rate_bytes_per_second", CONNWATCH_TCP_INFO(tcpi_delivery_rate)},
    {"busy_seconds", CONNWATCH_TCP_INFO(tcpi_busy_time), kMicroseconds},
    {"rwnd_limited_seconds", CONNWATCH_TCP_INFO(tcpi_rwnd_limited), kMicroseconds},
    {"sndbuf_limited_seconds", CONNWATCH_TCP_INFO(tcpi_sndbuf_limited), kMicroseconds},
});

#undef CONNWATCH_TCP_INFO

std::optional<std::uint64_t> LoadField(Bytes bytes, const Field& field) {
  switch (field.size) {
    case sizeof(std::uint8_t):
      return LoadAt<std::uint8_t>(bytes, field.offset);
    case sizeof(std::uint32_t):
      return LoadAt<std::uint32_t>(bytes, field.offset);
    default:
      return LoadAt<std::uint64_t>(bytes, field.offset);
  }
}

std::vector<TcpInfoNumber> ReadNumbers(Bytes bytes) {
  std::vector<TcpInfoNumber> numbers;
  numbers.reserve(kFields.size());
  for (const Field& field : kFields) {
    const auto value = LoadField(bytes, field);
    if (value && value != field.unmeasured) numbers.push_back({field.name, *value, field.per_unit});
  }
  return numbers;
}

// The scales are two bit-fields in the byte after the options. Bit-fields have no offset of their
// own.
void AddWindowScales(Bytes bytes, std::vector<TcpInfoNumber>& numbers) {
  constexpr unsigned kFieldBits = 4;
  constexpr unsigned kFieldMask = 0xf;
  const unsigned options =
      LoadAt<std::uint8_t>(bytes, offsetof(tcp_info, tcpi_options)).value_or(0);
  const auto scales = LoadAt<std::uint8_t>(bytes, offsetof(tcp_info, tcpi_options) + 1);
  if (!scales || (options & TCPI_OPT_WSCALE) == 0) return;
  numbers.push_back({"send_window_scale", *scales & kFieldMask});
  numbers.push_back({"receive_window_scale", std::uint64_t{*scales} >> kFieldBits});
}

std::vector<std::string_view> ReadOptions(Bytes bytes) {
  // kernel: include/uapi/linux/tcp.h, TCPI_OPT_*.
  constexpr std::array<std::pair<unsigned, std::string_view>, 6> kOptions = {
      {{TCPI_OPT_TIMESTAMPS, "timestamps"},
       {TCPI_OPT_SACK, "sack"},
       {TCPI_OPT_WSCALE, "window_scaling"},
       {TCPI_OPT_ECN, "ecn"},
       {TCPI_OPT_ECN_SEEN, "ecn_seen"},
       {TCPI_OPT_SYN_DATA, "fast_open"}}};
  // The first bit of the byte after the window scales. Bit-fields have no offset of their own.
  constexpr std::size_t kAppLimitedOffset = offsetof(tcp_info, tcpi_options) + 2;
  std::vector<std::string_view> options;
  const unsigned bits = LoadAt<std::uint8_t>(bytes, offsetof(tcp_info, tcpi_options)).value_or(0);
  for (const auto& [bit, name] : kOptions) {
    if ((bits & bit) != 0) options.push_back(name);
  }
  const unsigned flags = LoadAt<std::uint8_t>(bytes, kAppLimitedOffset).value_or(0);
  if ((flags & 1U) != 0) options.emplace_back("app_limited");
  return options;
}

// A C string whose terminating NUL may be missing.
std::string ReadName(Bytes bytes) {
  const auto end = std::ranges::find(bytes, std::byte{0});
  std::string name;
  for (auto it = bytes.begin(); it != end; ++it) name += static_cast<char>(*it);
  return name;
}

// kernel: inet_diag_msg_common_fill() and its callers set idiag_timer.
SocketTimer TimerFromKernel(std::uint8_t number) {
  constexpr std::array<SocketTimer, 5> kTimers = {SocketTimer::kNone, SocketTimer::kRetransmission,
                                                  SocketTimer::kKeepalive, SocketTimer::kTimeWait,
                                                  SocketTimer::kPersist};
  return number < kTimers.size() ? kTimers.at(number) : SocketTimer::kNone;
}

}  // namespace

Result<SocketDetails> ParseSocketDetails(Bytes payload) {
  const auto message = LoadAt<inet_diag_msg>(payload, 0);
  if (!message) return MalformedMessage("only " + std::to_string(payload.size()) + " bytes");
  SocketDetails details;
  details.timer = TimerFromKernel(message->idiag_timer);
  details.uid = message->idiag_uid;
  details.inode = message->idiag_inode;
  const auto read = [&details](unsigned type, Bytes value) {
    if (type == INET_DIAG_CONG) details.congestion_control = ReadName(value);
    if (type != INET_DIAG_INFO) return;
    details.options = ReadOptions(value);
    details.tcp_info = ReadNumbers(value);
    AddWindowScales(value, details.tcp_info);
  };
  if (auto parsed = ReadAttributes(payload.subspan(sizeof(inet_diag_msg)), read); !parsed) {
    return std::move(parsed).error();
  }
  return details;
}

}  // namespace connwatch
