#include "core/connections/culprit_counts.h"

#include <algorithm>
#include <span>

namespace connwatch {

namespace {

// See FormatSourcePrefix().
constexpr unsigned kIpv4NetworkBits = 24;
constexpr unsigned kIpv6NetworkBits = 48;

Endpoint NetworkOf(const IpAddress& address) {
  const bool is_ipv4 = address.family() == AddressFamily::kIpv4;
  return {address.FirstBits(is_ipv4 ? kIpv4NetworkBits : kIpv6NetworkBits), 0};
}

CulpritKey PlaceOf(Trouble trouble, GroupKey group, const SocketRecord& record) {
  if (group.direction == Direction::kOutbound) return {.group = group, .place = record.remote};
  const bool is_of_service = trouble == Trouble::kTimeWait;
  return {.group = group, .place = is_of_service ? record.local : NetworkOf(record.remote.address)};
}

CulpritKey OwnerOf(CulpritKey key, const SocketRecord& record) {
  key.cgroup_id = record.cgroup_id.value_or(0);
  return key;
}

}  // namespace

void CulpritCounts::Add(Trouble trouble, GroupKey group, const SocketRecord& record) {
  Tables& tables = tables_.at(IndexOf(trouble));
  const std::uint64_t sockets = tables.Meet();
  if (sockets == 0) return;
  tables.places.Add(PlaceOf(trouble, group, record), sockets);
  if (trouble != Trouble::kTimeWait) tables.owners.Add(OwnerOf({.group = group}, record), sockets);
}

void CulpritCounts::AddPort(Trouble trouble, const SocketRecord& record,
                            std::uint64_t ports_before) {
  Tables& tables = tables_.at(IndexOf(trouble));
  const std::uint64_t ports = tables.Meet();
  if (ports + ports_before == 0) return;
  CulpritKey key{.group = {Direction::kOutbound, kOtherGroup}, .source = record.local.address};
  if (trouble == Trouble::kDestinationPorts) key.place = record.remote;
  tables.places.Add(key, ports + ports_before);
  if (record.cgroup_id && ports > 0) tables.owners.Add(OwnerOf(key, record), ports);
}

Culprits CulpritCounts::List() const {
  Culprits culprits;
  for (std::size_t i = 0; i < kTroubleCount; ++i) {
    culprits.by_trouble.at(i) = {tables_.at(i).places.List(), tables_.at(i).owners.List()};
  }
  return culprits;
}

void RetransmissionCulprits::Advance(MonotonicTime now) {
  if (used_ > 0 && now - slices_.front().since < kSliceSpan) return;
  std::ranges::move_backward(std::span(slices_).first(kSlices - 1), slices_.end());
  slices_.front() = {.since = now, .places = {}, .owners = {}};
  used_ = std::min(used_ + 1, kSlices);
}

void RetransmissionCulprits::Add(GroupKey group, const SocketRecord& record,
                                 std::uint64_t segments) {
  Slice& slice = slices_.front();
  slice.places.Add(PlaceOf(Trouble::kRetransmissions, group, record), segments);
  slice.owners.Add(OwnerOf({.group = group}, record), segments);
}

void RetransmissionCulprits::List(Culprits& culprits, MonotonicTime now) const {
  if (used_ == 0) return;
  HeavyHitters places;
  HeavyHitters owners;
  const auto used = std::span(slices_).first(used_);
  for (const Slice& slice : used) {
    places.Merge(slice.places);
    owners.Merge(slice.owners);
  }
  culprits.Of(Trouble::kRetransmissions) = {places.List(), owners.List()};
  culprits.retransmissions_span =
      std::chrono::duration_cast<std::chrono::seconds>(now - used.back().since);
}

}  // namespace connwatch
