#include "core/alerts/culprit_evidence.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "core/alerts/connect_evidence.h"
#include "core/alerts/top_counts.h"
#include "core/connections/culprits.h"

namespace connwatch {

namespace {

struct SignalTrouble {
  AlertSignal signal;
  Trouble trouble;
};

constexpr std::array kSignalTroubles = {
    SignalTrouble{AlertSignal::kCloseWaitSockets, Trouble::kCloseWait},
    SignalTrouble{AlertSignal::kTimeWaitUtilization, Trouble::kTimeWait},
    SignalTrouble{AlertSignal::kRetransmitRatio, Trouble::kRetransmissions},
    SignalTrouble{AlertSignal::kRetransmittingSockets, Trouble::kRetransmittingSockets},
    SignalTrouble{AlertSignal::kEphemeralPortsUtilization, Trouble::kDestinationPorts},
    SignalTrouble{AlertSignal::kSourcePortsUtilization, Trouble::kSourcePorts},
};

std::optional<Trouble> TroubleOf(AlertSignal signal) {
  const auto* const found = std::ranges::find(kSignalTroubles, signal, &SignalTrouble::signal);
  return found == kSignalTroubles.end() ? std::nullopt : std::optional(found->trouble);
}

bool IsOfPorts(Trouble trouble) {
  return trouble == Trouble::kDestinationPorts || trouble == Trouble::kSourcePorts;
}

/// What was counted for one alert.
struct Behind {
  std::vector<Culprit> places;  // the first one has most
  std::vector<Culprit> owners;
  std::uint64_t total = 0;  // of the places

  const Culprit* Leader() const {
    return places.empty() || places.front().count == 0 ? nullptr : &places.front();
  }
};

// Signals of ports are about the place that needs most of them.
Behind BehindPorts(const CulpritLists& lists) {
  Behind behind;
  const auto busiest = std::ranges::max_element(lists.places, {}, &Culprit::count);
  if (busiest == lists.places.end()) return behind;
  behind.places = {*busiest};
  behind.total = busiest->count;
  for (const Culprit& owner : lists.owners) {
    const bool is_meant =
        owner.key.source == busiest->key.source && owner.key.place == busiest->key.place;
    if (is_meant) behind.owners.push_back(owner);
  }
  return behind;
}

Behind BehindSignal(AlertSignal signal, const std::string& subject, const Snapshot& snapshot) {
  const Trouble trouble = *TroubleOf(signal);
  const CulpritLists& lists = snapshot.culprits.Of(trouble);
  if (IsOfPorts(trouble)) return BehindPorts(lists);
  const bool is_of_host = SpecOf(signal).subject == SubjectKind::kHost;
  const auto group = std::ranges::find(snapshot.groups, subject, &ShownGroup::name);
  Behind behind;
  if (!is_of_host && group == snapshot.groups.end()) return behind;
  const auto is_meant = [&](const Culprit& culprit) {
    return is_of_host || culprit.key.group.group == group->id;
  };
  std::ranges::copy_if(lists.places, std::back_inserter(behind.places), is_meant);
  std::ranges::copy_if(lists.owners, std::back_inserter(behind.owners), is_meant);
  std::ranges::stable_sort(behind.places, std::ranges::greater(), &Culprit::count);
  for (const Culprit& place : behind.places) behind.total += place.count + place.uncertain;
  return behind;
}

NamedCounts UnitsOf(const Behind& behind) {
  NamedCounts units;
  for (const Culprit& owner : behind.owners) {
    units[owner.unit] += owner.count;
    units[""] += owner.uncertain;
  }
  return units;
}

std::string NameOf(const CulpritKey& key) {
  const bool is_network = key.place.port == 0;
  return is_network ? FormatSourcePrefix(key.place.address.SourcePrefix()) : key.place.ToString();
}

// Places with less than a fiftieth of the whole explain nothing.
void AddPlaces(const Behind& behind, AlertEvidence& evidence) {
  constexpr std::uint64_t kFiftieth = 50;
  NamedCounts sources;
  NamedCounts destinations;
  for (const Culprit& place : behind.places) {
    if (place.count * kFiftieth < behind.total) continue;
    NamedCounts& counts = place.key.place.port == 0 ? sources : destinations;
    counts[NameOf(place.key)] += place.count;
  }
  evidence.top_sources = TopOf(sources);
  evidence.top_destinations = TopOf(destinations);
}

// "connections to 192.0.2.1:443", "connections from 198.51.100.0/24"
std::string ConnectionsOf(const CulpritKey& key) {
  const bool is_network = key.place.port == 0;
  const bool is_inbound = key.group.direction == Direction::kInbound;
  return (is_network ? "connections from " : "connections to ") +
         std::string(is_inbound && !is_network ? "the local service " : "") + NameOf(key);
}

// "; 300 of them belong to connections to 192.0.2.1:443"
void AddLeader(Trouble trouble, const Behind& behind, AlertEvidence& evidence) {
  if (const Culprit* const leader = behind.Leader()) {
    const bool are_connections = trouble == Trouble::kRetransmittingSockets;
    const bool has_all = leader->count == behind.total;
    AddFact(evidence.text,
            (has_all ? "all" : std::to_string(leader->count)) +
                std::string(are_connections ? " of them are " : " of them belong to ") +
                ConnectionsOf(leader->key));
  }
}

void AddNumber(std::string_view name, std::optional<std::uint64_t> number,
               AlertEvidence& evidence) {
  if (number) evidence.numbers.emplace_back(name, static_cast<double>(*number));
}

void AddPorts(Trouble trouble, const Snapshot& snapshot, const Behind& behind,
              AlertEvidence& evidence) {
  const Culprit* const leader = behind.Leader();
  if (leader == nullptr || !snapshot.sockets || !snapshot.kernel.limits) return;
  const bool is_of_destination = trouble == Trouble::kDestinationPorts;
  const std::uint64_t used = is_of_destination
                                 ? snapshot.sockets->ports_used_peak_destination
                                 : snapshot.sockets->ports_used_peak_source.value_or(leader->count);
  const auto available = snapshot.kernel.limits->ephemeral_ports_available;
  evidence.text = std::to_string(used) + " of " + std::to_string(available.value_or(0)) +
                  " ports are in use from " + leader->key.source.ToString() +
                  (is_of_destination ? " to " + NameOf(leader->key) : " to all destinations");
  AddNumber("ports_used", used, evidence);
  AddNumber("ports_available", available, evidence);
  if (!is_of_destination) return;
  evidence.top_destinations = {{NameOf(leader->key), used}};
  std::uint64_t waiting = 0;
  for (const Culprit& place : snapshot.culprits.Of(Trouble::kTimeWait).places) {
    const bool is_there =
        place.key.group.direction == Direction::kOutbound && place.key.place == leader->key.place;
    if (is_there) waiting += place.count;
  }
  AddNumber("time_wait", waiting, evidence);
  if (waiting == 0) return;
  AddFact(evidence.text, std::to_string(waiting) + " sockets there are in TIME-WAIT");
}

void AddTimeWait(const Snapshot& snapshot, const Behind& behind, AlertEvidence& evidence) {
  if (snapshot.kernel.sockets && snapshot.kernel.limits) {
    AddNumber("time_wait", snapshot.kernel.sockets->time_wait, evidence);
    AddNumber("time_wait_limit", snapshot.kernel.limits->time_wait_limit, evidence);
  }
  if (behind.total == 0 || !snapshot.sockets) return;
  evidence.text =
      "the latest full poll met " + std::to_string(behind.total) + " sockets in TIME-WAIT";
  AddLeader(Trouble::kTimeWait, behind, evidence);
  NamedCounts groups;
  for (const ShownGroup& group : snapshot.groups) {
    for (const Direction direction : kDirections) {
      groups[group.name] +=
          snapshot.sockets->groups[{direction, group.id}].states.at(IndexOf(TcpState::kTimeWait));
    }
  }
  evidence.top_groups = TopOf(groups);
}

// "5 connections get no ACK for what they have sent, the oldest for 12.5 s"
std::string StalledText(std::uint64_t connections, GroupId group, const Snapshot& snapshot) {
  std::string text = std::to_string(connections) +
                     (connections == 1 ? " connection gets no ACK for what it has sent"
                                       : " connections get no ACK for what they have sent");
  if (!snapshot.sockets) return text;
  const GroupLevels& levels = snapshot.sockets->groups[{Direction::kOutbound, group}];
  return text + ", the oldest for " + AgeText(levels.retransmitting_oldest_age);
}

void AddOfGroup(Trouble trouble, const Snapshot& snapshot, const Behind& behind,
                AlertEvidence& evidence) {
  if (behind.total == 0) return;
  if (trouble == Trouble::kRetransmissions) {
    evidence.text = std::to_string(behind.total) + " segments were sent again in the last " +
                    std::to_string(snapshot.culprits.retransmissions_span.count()) + " s";
    AddNumber("segments_retransmitted", behind.total, evidence);
  } else {
    evidence.text =
        trouble == Trouble::kCloseWait
            ? std::to_string(behind.total) + " sockets are in CLOSE-WAIT"
            : StalledText(behind.total, behind.places.front().key.group.group, snapshot);
    AddNumber("sockets", behind.total, evidence);
  }
  AddLeader(trouble, behind, evidence);
}

}  // namespace

AlertEvidence EvidenceOfCulprits(AlertSignal signal, const std::string& subject,
                                 const Snapshot& snapshot) {
  AlertEvidence evidence;
  const auto trouble = TroubleOf(signal);
  if (!trouble) return evidence;
  const Behind behind = BehindSignal(signal, subject, snapshot);
  if (IsOfPorts(*trouble)) {
    AddPorts(*trouble, snapshot, behind, evidence);
  } else {
    AddPlaces(behind, evidence);
    if (*trouble == Trouble::kTimeWait) {
      AddTimeWait(snapshot, behind, evidence);
    } else {
      AddOfGroup(*trouble, snapshot, behind, evidence);
    }
  }
  AddUnits(UnitsOf(behind), evidence);
  return evidence;
}

std::string UnitBehind(AlertSignal signal, const std::string& subject, const Snapshot& snapshot) {
  if (IsOfConnects(signal)) return MostOf(UnitsOfConnects(signal, subject, snapshot));
  if (!TroubleOf(signal)) return {};
  return MostOf(UnitsOf(BehindSignal(signal, subject, snapshot)));
}

}  // namespace connwatch
