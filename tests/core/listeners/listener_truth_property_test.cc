// Random lives of listeners against a model of the kernel's lookup: each SYN-RECV socket is counted
// at the listener that the kernel chose, nothing is counted twice, and nothing is lost. kernel:
// net/ipv4/inet_hashtables.c and net/ipv6/inet6_hashtables.c, __inet_lookup_listener(),
// compute_score(), inet_sk_bound_dev_eq(); inet_request_bound_dev_if() in include/net/inet_sock.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "core/listeners/listener_tracker.h"
#include "tests/support/records.h"

namespace connwatch::listener_truth_property_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSteps = 2'000;
constexpr std::size_t kMostSockets = 40;
constexpr std::uint16_t kPorts = 3;
// Packets arrive on kInVrf, which belongs to kVrf, and on kPlain, which belongs to none.
constexpr std::uint32_t kInVrf = 7;
constexpr std::uint32_t kPlain = 8;
constexpr std::uint32_t kVrf = 9;

const std::array<IpAddress, 2> kIpv4s = {Ipv4({192, 0, 2, 1}), Ipv4({192, 0, 2, 2})};
const IpAddress kIpv6 = IpAddress::Parse("2001:db8::1").value();
const IpAddress kLinkLocalPeer = IpAddress::Parse("fe80::9").value();

bool IsIpv4(const IpAddress& address) { return address.family() == AddressFamily::kIpv4; }
bool IsWildcard(const IpAddress& address) {
  return address == IpAddress::AnyIpv4() || address == IpAddress::AnyIpv6();
}
ListenerKey KeyOf(const SocketRecord& socket) { return {socket.local, socket.interface}; }

struct Syn {
  Endpoint to;
  std::uint32_t device = 0;
  IpAddress from = kIpv4s[0];
};

// The kernel, with tcp_l3mdev_accept on.
class Kernel {
 public:
  explicit Kernel(std::uint32_t seed) : random_(seed) {}

  const std::vector<SocketRecord>& listening() const { return listening_; }

  void Step() {
    switch (Below(8)) {
      case 0:
      case 1:
        return Open(Random());
      case 2:
        Close();
        return;
      case 3:
        return Restart();
      case 4:
        return MoveToWildcard();
      case 5:
        return Join();
      case 6:
        return BindToDevice();
      default:
        return FillOrDrain();
    }
  }

  // Half-open handshakes, each with the listener that the kernel chose.
  std::vector<std::pair<SocketRecord, ListenerKey>> Handshakes() {
    std::vector<std::pair<SocketRecord, ListenerKey>> handshakes;
    for (int i = 0; i < 20; ++i) {
      const Syn syn = RandomSyn();
      const SocketRecord* listener = Lookup(syn);
      if (listener != nullptr) handshakes.emplace_back(SynRecvOf(*listener, syn), KeyOf(*listener));
    }
    return handshakes;
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  std::uint16_t RandomPort() { return static_cast<std::uint16_t>(80 + Below(kPorts)); }
  SocketRecord& Any() { return listening_.at(Below(listening_.size())); }

  SocketRecord Random() {
    SocketRecord socket = Listening(0, RandomPort(), 0, static_cast<std::uint32_t>(Below(5)));
    const std::array<IpAddress, 5> addresses = {kIpv4s[0], kIpv4s[1], IpAddress::AnyIpv4(), kIpv6,
                                                IpAddress::AnyIpv6()};
    socket.local.address = addresses.at(Below(addresses.size()));
    const bool is_ipv6 = !IsIpv4(socket.local.address) || Below(3) == 0;  // or v4-mapped
    socket.socket_family = is_ipv6 ? AddressFamily::kIpv6 : AddressFamily::kIpv4;
    socket.is_v6_only = !IsIpv4(socket.local.address) && Below(2) == 0;
    socket.interface = std::array{0U, 0U, kInVrf, kPlain, kVrf}.at(Below(5));
    return socket;
  }

  // The kernel refuses two sockets on both wildcards that take the same packets, and sockets of one
  // address of which only some are IPv6-only make no difference here.
  bool IsRefused(const SocketRecord& wanted) const {
    return listening_.size() >= kMostSockets ||
           std::ranges::any_of(listening_, [&](const SocketRecord& one) {
             return one.local.port == wanted.local.port && one.interface == wanted.interface &&
                    IsWildcard(one.local.address) && IsWildcard(wanted.local.address) &&
                    one.socket_family == AddressFamily::kIpv6 &&
                    wanted.socket_family == AddressFamily::kIpv6 &&
                    one.local.address != wanted.local.address;
           });
  }

  void Open(SocketRecord socket) {
    if (IsRefused(socket)) return;
    socket.cookie = ++latest_cookie_;
    socket.receive_queue = 0;
    listening_.push_back(socket);
  }

  SocketRecord Close() {
    if (listening_.empty()) return Random();
    std::swap(Any(), listening_.back());
    const SocketRecord closed = listening_.back();
    listening_.pop_back();
    return closed;
  }

  void Restart() { Open(Close()); }

  void MoveToWildcard() {
    SocketRecord moved = Close();
    moved.local.address = IsIpv4(moved.local.address) ? IpAddress::AnyIpv4() : IpAddress::AnyIpv6();
    Open(moved);
  }

  void Join() {
    if (!listening_.empty()) Open(Any());
  }

  void BindToDevice() {
    SocketRecord bound = Close();
    bound.interface = bound.interface == 0 ? kPlain : 0;
    Open(bound);
  }

  void FillOrDrain() {
    if (listening_.empty()) return;
    SocketRecord& socket = Any();
    socket.receive_queue = Below(2) == 0 ? 0 : socket.send_queue + 1;
  }

  Syn RandomSyn() {
    Syn syn{{kIpv4s.at(Below(kIpv4s.size())), RandomPort()}, Below(2) == 0 ? kInVrf : kPlain};
    if (Below(2) == 0) syn.to.address = syn.from = kIpv6;
    // Within a VRF a link-local peer hides the listener's interface.
    if (!IsIpv4(syn.from) && syn.device == kPlain && Below(2) == 0) syn.from = kLinkLocalPeer;
    return syn;
  }

  static bool TakesDevice(std::uint32_t bound, std::uint32_t device) {
    return bound == 0 || bound == device || (bound == kVrf && device == kInVrf);
  }

  // 0 if the socket does not take the SYN at all.
  static int Score(const SocketRecord& socket, const Syn& syn, bool is_exact) {
    const IpAddress& address = socket.local.address;
    const bool is_of_ipv4 = socket.socket_family == AddressFamily::kIpv4;
    if (socket.local.port != syn.to.port || !TakesDevice(socket.interface, syn.device)) return 0;
    if (is_exact ? address != syn.to.address : !IsWildcard(address)) return 0;
    if (IsIpv4(syn.to.address) ? socket.is_v6_only : (is_of_ipv4 || IsIpv4(address))) return 0;
    return (socket.interface != 0 ? 2 : 1) + (is_of_ipv4 ? 1 : 0);
  }

  const SocketRecord* Lookup(const Syn& syn) const {
    for (const bool is_exact : {true, false}) {
      const SocketRecord* best = nullptr;
      int best_score = 0;
      for (const SocketRecord& socket : listening_) {
        const int score = Score(socket, syn, is_exact);
        if (score > best_score) best = &socket;
        best_score = std::max(best_score, score);
      }
      if (best != nullptr) return best;
    }
    return nullptr;
  }

  static SocketRecord SynRecvOf(const SocketRecord& listener, const Syn& syn) {
    SocketRecord record = SynRecv(syn.to.address, syn.to.port, listener.socket_family);
    record.remote.address = syn.from;
    record.interface = listener.interface;
    if (record.interface == 0 && syn.device == kInVrf) record.interface = kVrf;
    if (record.interface == 0 && syn.from == kLinkLocalPeer) record.interface = syn.device;
    return record;
  }

  std::mt19937 random_;
  std::vector<SocketRecord> listening_;
  std::uint64_t latest_cookie_ = 0;
};

struct Truth {
  AcceptQueue accept_queue;
  std::uint64_t syn_recv = 0;
};

class ListenerTruthPropertyTest : public testing::TestWithParam<std::uint32_t> {};

TEST_P(ListenerTruthPropertyTest, EachHandshakeIsAtTheListenerThatTheKernelChose) {
  constexpr std::size_t kMostShown = 12;  // fewer than there are at times
  Kernel kernel(GetParam());
  ListenerTracker tracker{{.max_listeners = kMostShown}};
  std::size_t most_listeners = 0;
  for (int step = 0; step < kSteps; ++step) {
    const MonotonicTime now(seconds(1'000 + step));
    kernel.Step();
    std::map<ListenerKey, Truth> truth;
    for (const SocketRecord& socket : kernel.listening()) {
      truth[KeyOf(socket)].accept_queue.Add(
          {.length = socket.receive_queue, .limit = socket.send_queue});
    }
    tracker.UpdateAcceptQueues(kernel.listening(), now);
    tracker.BeginSynQueues();
    for (const auto& [syn_recv, key] : kernel.Handshakes()) {
      ++truth.at(key).syn_recv;
      tracker.AddSynRecv(syn_recv, milliseconds(0));
    }
    tracker.AddSynRecv(SynRecv(kIpv4s[0], 99, AddressFamily::kIpv4), milliseconds(0));
    tracker.CommitSynQueues(now);
    tracker.Diagnose({}, now);

    Truth others{.accept_queue = {}, .syn_recv = 1};  // nobody listens on port 99
    const ListenerList list = tracker.List(now);
    most_listeners = std::max(most_listeners, truth.size());
    ASSERT_LE(list.listeners.size(), kMostShown);
    ASSERT_EQ(list.listeners.size() + list.folded, truth.size()) << "at step " << step;
    for (const Listener& listener : list.listeners) {
      ASSERT_TRUE(truth.contains(listener.key)) << listener.Name() << " at step " << step;
      const Truth& one = truth.at(listener.key);
      ASSERT_EQ(listener.status.syn_queue.length, one.syn_recv)
          << listener.Name() << " at step " << step;
      ASSERT_EQ(listener.status.accept_queue.length, one.accept_queue.length);
      ASSERT_EQ(listener.status.accept_queue.sockets, one.accept_queue.sockets);
      ASSERT_EQ(listener.status.accept_queue.Utilization(), one.accept_queue.Utilization());
      truth.erase(listener.key);
    }
    for (const auto& [key, one] : truth) {
      others.accept_queue.Merge(one.accept_queue);
      others.syn_recv += one.syn_recv;
    }
    ASSERT_EQ(list.other.syn_queue.length, others.syn_recv) << "at step " << step;
    ASSERT_EQ(list.other.accept_queue.length, others.accept_queue.length);
    ASSERT_EQ(list.other.accept_queue.sockets, others.accept_queue.sockets);
    ASSERT_EQ(list.other.accept_queue.Utilization(), others.accept_queue.Utilization());
  }
  EXPECT_GT(most_listeners, kMostShown);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ListenerTruthPropertyTest, testing::Range(1U, 6U));

}  // namespace
}  // namespace connwatch::listener_truth_property_test
