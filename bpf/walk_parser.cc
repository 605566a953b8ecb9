#include "bpf/walk_parser.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <limits>
#include <optional>

namespace connwatch {

IpAddress AddressFrom(std::uint8_t family, std::span<const walk_u32, 4> words) {
  const std::span<const std::byte, 16> bytes = std::as_bytes(words);
  return family == AF_INET ? IpAddress::FromIpv4(bytes.first<4>()) : IpAddress::FromIpv6(bytes);
}

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint32_t kMilliseconds = 1'000;
constexpr std::uint32_t kMicroseconds = 1'000'000;

// kernel: jiffies_to_msecs(): 32 bits; rounds up where a tick is no whole number of milliseconds.
milliseconds ToMilliseconds(std::uint32_t ticks, std::uint32_t ticks_per_second) {
  if (kMilliseconds % ticks_per_second == 0) {
    return milliseconds(static_cast<std::uint32_t>(kMilliseconds / ticks_per_second * ticks));
  }
  const std::uint64_t product = std::uint64_t{kMilliseconds} * ticks;
  return milliseconds((product + ticks_per_second - 1) / ticks_per_second);
}

// kernel: tcp_get_info_chrono_stats() multiplies by this whole number.
microseconds ToMicroseconds(std::uint64_t ticks, std::uint32_t ticks_per_second) {
  return microseconds(ticks * (kMicroseconds / ticks_per_second));
}

TcpTraffic TrafficOf(const walk_record& from, std::uint32_t ticks_per_second) {
  const auto time = [&](std::uint64_t ticks) { return ToMicroseconds(ticks, ticks_per_second); };
  const std::span chrono(from.chrono_ticks);
  return {.bytes_acked = from.bytes_acked,
          .bytes_received = from.bytes_received,
          .bytes_sent = from.bytes_sent,
          .bytes_retransmitted = from.bytes_retransmitted,
          .segments_sent = from.segments_sent,
          .segments_retransmitted = from.segments_retransmitted,
          .busy = time(std::uint64_t{chrono[0]} + chrono[1] + chrono[2]),
          .rwnd_limited = time(chrono[1]),
          .sndbuf_limited = time(chrono[2]),
          .segments_unacked = from.segments_unacked,
          .bytes_not_sent = from.bytes_not_sent};
}

void FillTcpInfo(TcpInfo& info, const walk_record& from, std::uint32_t ticks_per_second) {
  if (from.rtt_us != 0) info.rtt = microseconds(from.rtt_us);
  const bool is_measured = from.min_rtt_us != std::numeric_limits<std::uint32_t>::max();
  if (is_measured) info.min_rtt = microseconds(from.min_rtt_us);
  info.since_last_ack_received = ToMilliseconds(from.ack_age_ticks, ticks_per_second);
  info.idle = ToMilliseconds(from.idle_ticks, ticks_per_second);
  info.traffic = TrafficOf(from, ticks_per_second);
  if ((from.flags & WALK_RETRANSMITS) != 0) {
    info.retransmission = {.timeout = std::chrono::duration_cast<milliseconds>(
                               ToMicroseconds(from.rto_ticks, ticks_per_second)),
                           .backoff = static_cast<std::uint8_t>(from.backoff)};
  }
  info.has_heard_peer = (from.flags & WALK_HAS_HEARD_PEER) != 0;
}

// Returns false if there cannot be such a record.
bool Fill(SocketRecord& record, const walk_record& from, const WalkContext& context) {
  const auto state = TcpStateFromKernel(from.state);
  const bool is_known_family = from.family == AF_INET || from.family == AF_INET6;
  if (!state || !is_known_family || from.net_cookie == 0) return false;
  record.state = *state;
  record.local = {AddressFrom(from.family, from.local_address), from.local_port};
  record.remote = {AddressFrom(from.family, from.remote_address), from.remote_port};
  record.socket_family = from.family == AF_INET ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  record.interface = from.interface;
  record.net_cookie = from.net_cookie == context.own_net_cookie ? 0 : from.net_cookie;
  record.receive_queue = from.receive_queue;
  record.send_queue = from.send_queue;
  record.retransmissions = from.retransmissions;
  record.timer_expires = ToMilliseconds(from.timer_ticks, context.ticks_per_second);
  record.is_v6_only = (from.flags & WALK_IS_V6_ONLY) != 0;
  if ((from.flags & WALK_HAS_CGROUP) != 0) record.cgroup_id = from.cgroup_id;
  if (context.query.socket_memory && (from.flags & WALK_HAS_DROPS) != 0) record.drops = from.drops;
  if (context.query.tcp_info && (from.flags & WALK_HAS_TCP_INFO) != 0) {
    FillTcpInfo(record.tcp_info.emplace(), from, context.ticks_per_second);
  }
  return true;
}

// A hash of several numbers. Each step maps different values to different values, so two sets that
// differ in one number have different hashes. The constants are those of MurmurHash3.
class Hash {
 public:
  explicit Hash(std::uint64_t seed) : value_(seed) {}

  void Add(std::uint64_t number) {
    value_ = (value_ ^ number) * 0xFF51AFD7ED558CCDU;
    value_ ^= value_ >> kShift;
  }
  void Add(const IpAddress& address) {
    std::array<std::uint64_t, 2> words{};
    const auto bytes = address.NetworkOrder();
    std::memcpy(words.data(), bytes.data(), bytes.size());
    Add(words[0]);
    Add(words[1]);
  }
  std::uint64_t value() const {
    const std::uint64_t mixed = value_ * 0xC4CEB9FE1A85EC53U;
    return mixed ^ (mixed >> kShift);
  }

 private:
  static constexpr unsigned kShift = 33;
  std::uint64_t value_;
};

}  // namespace

std::uint64_t IdentityOf(const SocketRecord& record, std::uint64_t place, std::uint64_t seed) {
  // The kernel counts cookies up from 0 and never comes that far.
  constexpr std::uint64_t kNoCookie = std::uint64_t{1} << 63U;
  constexpr unsigned kPortBits = 16;
  Hash hash(seed);
  hash.Add(record.net_cookie);
  hash.Add(place);
  hash.Add((std::uint64_t{record.interface} << (2 * kPortBits)) |
           (std::uint64_t{record.local.port} << kPortBits) | record.remote.port);
  hash.Add(record.local.address);
  if (record.state != TcpState::kListen) hash.Add(record.remote.address);
  return kNoCookie | hash.value();
}

void ParsedWalk::Clear() {
  records.clear();
  without_cookie.clear();
  malformed = 0;
}

namespace {

// True iff the last record of a bucket is a socket that the bucket has already. While a connection
// becomes TIME-WAIT, both of its forms are in the bucket; the newer one comes first. A LISTEN
// socket has only one form.
bool IsTwin(std::span<const SocketRecord> bucket) {
  constexpr std::size_t kFar = 64;  // so that a long chain costs no more than its length
  const SocketRecord& last = bucket.back();
  if (last.state == TcpState::kListen) return false;
  const auto others = bucket.first(bucket.size() - 1);
  return std::ranges::any_of(
      others.last(std::min(others.size(), kFar)),
      [&](const SocketRecord& other) { return other.cookie == last.cookie; });
}

// Sets what identifies the socket. Returns true iff the kernel should give it a cookie.
bool Identify(SocketRecord& record, const walk_record& from, std::uint64_t seed) {
  if (record.net_cookie == 0 && from.cookie != 0) {
    record.cookie = from.cookie;
    return false;
  }
  const std::uint64_t place = record.state == TcpState::kListen ? from.address : 0;
  record.cookie = IdentityOf(record, place, seed);
  const bool is_full_socket = (from.flags & (WALK_HAS_TCP_INFO | WALK_HAS_DROPS)) != 0;
  return is_full_socket && record.net_cookie == 0;
}

}  // namespace

void ParseWalk(std::span<const std::byte> bytes, const WalkContext& context, ParsedWalk& parsed) {
  ParsedWalk::Records& records = parsed.records;
  std::size_t bucket_begin = records.size();
  std::uint32_t bucket = 0;
  walk_record from{};
  for (; bytes.size() >= sizeof(from); bytes = bytes.subspan(sizeof(from))) {
    std::memcpy(&from, bytes.data(), sizeof(from));
    if (from.bucket != bucket) bucket_begin = records.size();
    bucket = from.bucket;
    SocketRecord& record = records.emplace_back();
    const bool is_possible = Fill(record, from, context);
    if (!is_possible) ++parsed.malformed;
    // Its state may have changed since the walk looked.
    const bool is_wanted = is_possible && context.query.states.Has(record.state) &&
                           context.query.endpoints.Matches(record);
    const bool needs_cookie = is_wanted && Identify(record, from, context.identity_seed);
    if (!is_wanted || IsTwin(std::span(records).subspan(bucket_begin))) {
      records.pop_back();
    } else if (needs_cookie) {
      parsed.without_cookie.push_back(records.size() - 1);
    }
  }
}

}  // namespace connwatch
