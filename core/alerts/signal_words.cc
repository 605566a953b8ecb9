#include "core/alerts/signal_words.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace connwatch {

namespace {

constexpr std::array kWords = std::to_array<SignalWords>({
    {AlertSignal::kListenerSynQueue, "Handshakes with {{owner}} on {{subject}} do not complete",
     "handshakes with {{owner}} on {{subject}} did not complete",
     "{{value}} wait for their final ACK",
     "Look where the SYNs come from. Many networks point to a flood, a single one to a broken way "
     "back to it."},
    {AlertSignal::kListenerSynQueueUtilization,
     "The SYN queue of {{owner}} on {{subject}} is nearly full",
     "the SYN queue of {{owner}} on {{subject}} was nearly full",
     "{{value}} of its limit is in use",
     "When the SYN queue is full, the kernel drops SYNs or answers them with cookies. Raise the "
     "backlog if the clients are genuine."},
    {AlertSignal::kListenerAcceptQueueUtilization,
     "{{owner}} does not accept connections fast enough on {{subject}}",
     "{{owner}} did not accept connections fast enough on {{subject}}",
     "its accept queue is {{value}} full",
     "Look at the application first: is it blocked, out of file descriptors, or short of workers? "
     "A larger backlog helps only against short bursts."},
    {AlertSignal::kListenerAcceptQueuePeakUtilization,
     "{{owner}} does not accept connections fast enough on {{subject}}",
     "{{owner}} did not accept connections fast enough on {{subject}}",
     "its accept queue is {{value}} full at its peak",
     "Look at the application first: is it blocked for moments? If the bursts are genuine, raise "
     "the backlog."},
    {AlertSignal::kListenerDrops, "{{owner}} turns clients away on {{subject}}",
     "{{owner}} turned clients away on {{subject}}", "SYNs and final ACKs are refused at {{value}}",
     "Each refused SYN makes a client wait for a second or more. Check whether the accept queue "
     "is full (the application is too slow) or the SYN queue is."},
    {AlertSignal::kSynCookiesSent,
     "A SYN queue of this host is full, and the kernel answers with SYN cookies",
     "a SYN queue of this host was full, and the kernel answered with SYN cookies",
     "SYN cookies are sent at {{value}}",
     "Clients can connect, but with fewer TCP options. Raise the backlog if the load is genuine; "
     "otherwise look for a flood."},
    {AlertSignal::kAttemptFails, "Handshakes of this host fail", "handshakes of this host failed",
     "they are refused or given up at {{value}}",
     "Find out which destination has the most failed connects, and whether it is up."},
    {AlertSignal::kUntracedAttemptFails, "Handshakes of this host fail",
     "handshakes of this host failed", "they are refused or given up at {{value}}",
     "The kernel does not say which connects failed. Begin with the destinations in the evidence, "
     "and with the logs of the services that connect. Where handshakes can be traced, connwatch "
     "names them."},
    {AlertSignal::kSynSentRetransmitting, "New connections of the group {{subject}} get no answer",
     "new connections of the group {{subject}} got no answer",
     "{{value}} of them had to repeat their SYN",
     "The destination is down, a packet filter drops the SYNs or their answers, or the accept "
     "queue there is full. Check whether other destinations in the same network answer."},
    {AlertSignal::kConnectsRefusedRatio, "New connections of the group {{subject}} are refused",
     "new connections of the group {{subject}} were refused",
     "{{value}} of those that ended in the last minute",
     "Somebody has answered, and the answer is no. Check whether the service runs and listens at "
     "the destination (ss -ltn). If it does, a firewall on the way rejects the connects."},
    {AlertSignal::kConnectsTimedOutRatio,
     "New connections of the group {{subject}} are given up without an answer",
     "new connections of the group {{subject}} were given up without an answer",
     "{{value}} of those that ended in the last minute",
     "The destination is down, or a packet filter drops the SYNs or their answers. Check whether "
     "other destinations in the same network time out as well."},
    {AlertSignal::kConnectsUnreachableRatio,
     "New connections of the group {{subject}} find no way to their destination",
     "new connections of the group {{subject}} found no way to their destination",
     "{{value}} of those that ended in the last minute",
     "Either no neighbour answers (ip neigh), or a router or a firewall has sent an ICMP error."},
    {AlertSignal::kHandshakeLatencyGrowth,
     "New connections of the group {{subject}} take longer than in the hour before",
     "new connections of the group {{subject}} took longer than in the hour before",
     "their median latency is {{value}} what it was",
     "If one destination alone is slow, its host or the way there is busy. If all are, look at "
     "this host's own uplink."},
    {AlertSignal::kSynRetransmissionRatio, "SYNs of the group {{subject}} get lost",
     "SYNs of the group {{subject}} got lost", "{{value}} had to be sent again",
     "If a single destination has nearly all of them, it is down or filtered. If many have some, "
     "look at the errors and drops of this host's interface (ip -s link)."},
    {AlertSignal::kEphemeralPortsUtilization,
     "The local ports for connections to one destination are running out",
     "the local ports for connections to one destination were running out",
     "{{value}} of them are in use",
     "New connections there will soon fail with EADDRNOTAVAIL. For now a wider "
     "net.ipv4.ip_local_port_range helps, or more source or destination addresses. To cure it, "
     "let the application reuse its connections (keep-alive, a pool)."},
    {AlertSignal::kSourcePortsUtilization, "The local ports of one source address are running out",
     "the local ports of one source address were running out", "{{value}} of them are in use",
     "Soon bind() before connect() fails with EADDRINUSE. Let the proxy reuse its connections, "
     "use IP_BIND_ADDRESS_NO_PORT, or give it more source addresses."},
    {AlertSignal::kTimeWaitUtilization, "TIME-WAIT sockets come near their limit",
     "TIME-WAIT sockets came near their limit", "{{value}} of tcp_max_tw_buckets",
     "Beyond the limit the kernel ends TIME-WAIT at once, and late segments can meet a new "
     "connection. Let clients reuse their connections, or raise net.ipv4.tcp_max_tw_buckets."},
    {AlertSignal::kRetransmitRatio, "The network loses segments of the group {{subject}}",
     "the network lost segments of the group {{subject}}",
     "{{value}} of the segments had to be sent again",
     "If one peer or network has nearly all of them, the way there is bad. If many have some, "
     "look at the errors and drops of this host's interface (ip -s link)."},
    {AlertSignal::kCloseWaitSockets,
     "An application in the group {{subject}} does not close its connections",
     "an application in the group {{subject}} did not close its connections",
     "{{value}} sockets are in CLOSE-WAIT, which means that the peer has closed and the "
     "application has not",
     "Only the application can close them. Restart it before it runs out of file descriptors, and "
     "report the leak to its authors."},
    {AlertSignal::kRttSeconds, "Round trips of the group {{subject}} are slow",
     "round trips of the group {{subject}} were slow", "they take {{value}} on average",
     "Compare with other groups. If all are slow, look at this host's own uplink."},
    {AlertSignal::kReceiveQueueBytes,
     "Applications in the group {{subject}} do not read what has arrived",
     "applications in the group {{subject}} did not read what had arrived", "{{value}} wait",
     "Check whether the application is blocked or short of processor time."},
    {AlertSignal::kSendQueueBytes,
     "Peers of the group {{subject}} do not acknowledge what was sent",
     "peers of the group {{subject}} did not acknowledge what was sent", "{{value}} wait",
     "Check whether the peers are slow to read, or whether segments get lost on the way."},
    {AlertSignal::kRetransmittingSockets,
     "Established connections of the group {{subject}} have stalled",
     "established connections of the group {{subject}} had stalled",
     "{{value}} get no ACK for the data that they have sent",
     "Check whether the destinations are up and whether other hosts reach them. If both are true, "
     "a NAT or a firewall on the way has dropped its state of these connections: restart the "
     "application's connection pool. For the future set TCP keepalives below the idle time-out of "
     "that device, or TCP_USER_TIMEOUT."},
    {AlertSignal::kListenerAcceptQueueImbalance,
     "One of the sockets of {{owner}} that share {{subject}} accepts too slowly",
     "one of the sockets of {{owner}} that share {{subject}} accepted too slowly",
     "{{value}} as many connections wait in it as in the others on average",
     "One worker hangs or is overloaded. Find the socket with the largest Recv-Q (ss -ltnp) and "
     "look at its process, or restart that. A larger backlog does not help."},
    {AlertSignal::kTcpMemoryUtilization, "The memory for TCP is running out",
     "the memory for TCP was running out",
     "TCP uses {{value}} of the memory at which the kernel begins to save memory",
     "See who holds it (ss -tm, large Recv-Q or Send-Q): mostly an application that does not "
     "read, or peers that are slow. If the use is justified, raise net.ipv4.tcp_mem."},
    {AlertSignal::kOrphanUtilization,
     "Closed connections whose peers do not answer come near their limit",
     "closed connections whose peers did not answer came near their limit",
     "orphaned sockets are at {{value}} of tcp_max_orphans",
     "These connections were closed before their peers had acknowledged everything. Look at "
     "FIN-WAIT-1 and LAST-ACK (ss -tan): usually clients have vanished; it can also be an attack. "
     "Lower net.ipv4.tcp_orphan_retries, or raise net.ipv4.tcp_max_orphans; each orphan can take "
     "up to 64 KiB."},
    {AlertSignal::kConntrackUtilization, "The table of connection tracking is nearly full",
     "the table of connection tracking was nearly full", "{{value}} of its entries are in use",
     "When it is full, the kernel drops the packets of all new flows. Raise "
     "net.netfilter.nf_conntrack_max (about 320 bytes an entry) and the number of buckets. See "
     "which flows fill it (conntrack -L); exempt busy services (notrack), or shorten "
     "nf_conntrack_tcp_timeout_established."},
    {AlertSignal::kConntrackInsertFailed, "Connection tracking drops the first packets of flows",
     "connection tracking dropped the first packets of flows",
     "it cannot insert their entries, at {{value}}",
     "Mostly two packets of one flow race behind NAT, as the A and AAAA queries of a resolver do: "
     "use a DNS cache on the host, or the option single-request-reopen in resolv.conf. Otherwise "
     "SNAT has too few source ports: give it more addresses, or let it choose ports at random "
     "(random-fully)."},
    {AlertSignal::kTotalsExact,
     "Totals of bytes, segments and closed connections are too low, because connwatch does not "
     "see how every connection ends",
     "totals of bytes, segments and closed connections were too low, because connwatch did not "
     "see how every connection ended",
     "",
     "The evidence names the reason. Raise the key that it names: destroy_event_buffer (and "
     "net.core.rmem_max), destroy_event_budget or max_tracked_connections. If destroy_events is "
     "off on purpose, switch this rule off.",
     ThresholdSide::kBelow},
    {AlertSignal::kDestroyEventsAbsent,
     "connwatch does not learn which connections end, so its totals are too low",
     "connwatch did not learn which connections ended, so its totals are too low",
     "for {{value}} of the last minute",
     "Totals of bytes, segments and closed connections lack most short connections. Raise "
     "destroy_event_budget, or let connwatch trace handshakes."},
    {AlertSignal::kDestroyEventOverruns,
     "connwatch lost ends of connections, so its totals are too low",
     "connwatch lost ends of connections, so its totals are too low",
     "its buffer overflowed at {{value}}", "Increase destroy_event_buffer."},
    {AlertSignal::kMonitorAgeSeconds,
     "connwatch cannot read the sockets, and every other alert is frozen",
     "connwatch could not read the sockets, and every other alert was frozen",
     "its data is {{value}} overdue",
     "Until it can, nobody watches this host's connections. The evidence and the log of connwatch "
     "name the reason."},
});

static_assert([] {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (static_cast<std::size_t>(kWords[i].signal) != i) return false;
  }
  return true;
}());

constexpr std::array kCauses = std::to_array<CauseWords>({
    {DiagnosisCause::kAcceptQueueFull, "The application does not accept fast enough.",
     "Look at the application first: is it blocked, out of file descriptors, or short of workers? "
     "A larger backlog helps only against short bursts. The limit is the smaller of the backlog "
     "given to listen() and net.core.somaxconn."},
    {DiagnosisCause::kSynFlood,
     "This looks like a SYN flood, which is usually an attack with forged sources.",
     "Keep net.ipv4.tcp_syncookies=1, raise the backlog of the application (listen() and "
     "net.core.somaxconn), and filter upstream. Blocking single addresses is useless when sources "
     "are forged. If all your clients fail at the same time, answers may not get out: check your "
     "own uplink."},
    {DiagnosisCause::kReturnPathLoss,
     "This looks like a broken path: SYN-ACKs or final ACKs of a few networks are lost on the way.",
     "Follow the route back to that network. Look for an asymmetric route, a stateful firewall "
     "that sees only one direction, rp_filter, an MTU or tunnel problem, or a missing return "
     "route."},
    {DiagnosisCause::kSynCookies,
     "The SYN queue is at its limit, and the kernel answers further SYNs with cookies.",
     "Raise the backlog if the load is genuine. Otherwise look for a flood."},
});

}  // namespace

const SignalWords& WordsOf(AlertSignal signal) {
  return kWords.at(static_cast<std::size_t>(signal));
}

const CauseWords* WordsOfCause(std::string_view name) {
  const auto* found =
      std::ranges::find(kCauses, name, [](const CauseWords& words) { return Name(words.cause); });
  return found == kCauses.end() ? nullptr : found;
}

}  // namespace connwatch
