#include "monitor/handshake_watch.h"

#include <string_view>
#include <utility>

namespace connwatch {

HandshakeDetail DetailFor(std::span<const GroupRule> rules) {
  HandshakeDetail detail;
  for (const GroupRule& rule : rules) {
    const GroupMatch& match = rule.match;
    const bool may_be_inbound = match.direction != Direction::kOutbound;
    const bool may_be_outbound = match.direction != Direction::kInbound;
    detail.inbound_remote_address |= may_be_inbound && !match.remote_addresses.empty();
    detail.inbound_remote_port |= may_be_inbound && !match.remote_ports.empty();
    detail.outbound_local_port |= may_be_outbound && !match.local_ports.empty();
    detail.local_address |= !match.local_addresses.empty();
  }
  return detail;
}

HandshakeWatch::HandshakeWatch(HandshakeSource& source, ConnectionClassifier& classifier,
                               ConnectionClassifier::UnitNames unit_names, OtherNamespaces* others,
                               KernelReader::Log log)
    : source_(source),
      classifier_(classifier),
      unit_names_(std::move(unit_names)),
      others_(others),
      log_(std::move(log)),
      ledger_(classifier) {}

void HandshakeWatch::Read(MonotonicTime now) {
  trends_.Advance(now);
  destinations_.Advance(now);
  const auto read = source_.Read([&](const HandshakeBatch& batch) { Add(batch, now); });
  const bool has_failed = !read;
  if (has_failed != is_failing_) {
    is_failing_ = has_failed;
    log_(has_failed,
         has_failed ? "handshakes: " + read.error().context : "handshakes: readable again");
  }
}

std::shared_ptr<const Handshakes> HandshakeWatch::Take(MonotonicTime now) const {
  auto handshakes = std::make_shared<Handshakes>();
  handshakes->totals = ledger_.totals();
  handshakes->trends = trends_.Read();
  destinations_.List(*handshakes, now, [this](std::uint64_t cookie) {
    return others_ == nullptr ? std::string_view() : others_->NameOf(cookie);
  });
  return handshakes;
}

void HandshakeWatch::Add(const HandshakeBatch& batch, MonotonicTime now) {
  const bool is_own = batch.net_cookie == 0;
  std::string_view netns;
  GroupKey key{batch.direction, kOtherGroup};
  if (is_own) {
    key = ledger_.Add(batch);
    if (batch.direction == Direction::kOutbound) trends_.Add(key, batch);
  } else if (others_ != nullptr) {
    others_->AddHandshakes(batch, now);
    netns = others_->NameOf(batch.net_cookie);
  } else {
    return;
  }
  if (batch.direction == Direction::kInbound) return;
  const std::string unit = batch.cgroup_id ? unit_names_(*batch.cgroup_id) : std::string();
  destinations_.Add(batch, {netns, unit, classifier_.NameOf(key.group)}, now);
}

}  // namespace connwatch
