#include "tests/fuzz/any_report.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "tests/support/reports.h"

namespace connwatch {

namespace {

// Notes where each text must be found.
class Texts {
 public:
  Texts(FuzzedDataProvider& input, AnyReport& report) : input_(input), report_(report) {}

  std::string InLabels() { return Note(report_.in_labels); }
  std::string InJson() { return Note(report_.in_json); }
  std::string InBoth() {
    std::string text = InLabels();
    report_.in_json.push_back(text);
    return text;
  }
  // No two are the same.
  std::string Next() {
    constexpr std::size_t kLongest = 300;
    return std::to_string(++count_) + ":" + input_.ConsumeRandomLengthString(kLongest);
  }

 private:
  std::string Note(std::vector<std::string>& texts) { return texts.emplace_back(Next()); }

  FuzzedDataProvider& input_;
  AnyReport& report_;
  int count_ = 0;
};

Snapshot NamedSnapshot(Texts& texts) {
  Snapshot snapshot = FullSnapshot();
  snapshot.groups.back().name = texts.InBoth();
  std::vector<Listener>& listeners = snapshot.listeners->listeners;
  listeners.front().unit = texts.InBoth();
  listeners.back().interface_name = texts.InBoth();
  NetworkNamespace& netns = snapshot.namespaces->shown.back();
  netns.identity.name = texts.InBoth();
  netns.identity.unit = texts.InBoth();
  netns.counts.listeners.listeners.front().unit = texts.InJson();
  Handshakes handshakes = *snapshot.handshakes;
  Destination& destination = handshakes.destinations.front();
  destination.netns = texts.InJson();
  destination.unit = texts.InJson();
  destination.group = texts.InJson();
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
  snapshot.polls.front().RecordFailure(TestInstant(21), std::chrono::microseconds(1),
                                       Error{0, texts.InJson()});
  return snapshot;
}

// One that fires and one that is pending.
AlertList NamedAlerts(Texts& texts) {
  AlertList list = *TestAlerts();
  for (std::size_t i = 0; i < list.alerts.size(); ++i) {
    Alert& alert = list.alerts[i];
    AlertRule rule = *alert.rule;
    rule.name = texts.InBoth();
    rule.labels = {{texts.Next(), texts.Next()}};
    rule.annotations = {{texts.Next(), texts.Next() + "{{subject}} {{ cause }}"}};
    alert.rule = std::make_shared<const AlertRule>(std::move(rule));
    list.rules.at(i).rule = alert.rule;
    alert.subject = texts.InBoth();
    alert.listener = texts.Next();
    alert.unit = texts.InJson();
    alert.netns = texts.InJson();
    alert.cause = texts.InJson();
  }
  AlertEvidence evidence = *list.alerts.front().evidence;
  evidence.text = texts.InJson();
  evidence.top_sources = {{texts.InJson(), 1}};
  evidence.top_destinations = {{texts.InJson(), 1}};
  evidence.top_units = {{texts.InJson(), 1}};
  evidence.top_groups = {{texts.InJson(), 1}};
  evidence.destinations.emplace_back().unit = texts.InJson();
  list.alerts.front().evidence = std::make_shared<const AlertEvidence>(std::move(evidence));
  return list;
}

void SetNumbers(FuzzedDataProvider& input, Snapshot& snapshot) {
  const auto count = [&input] { return input.ConsumeIntegral<std::uint64_t>(); };
  ListenerStatus& status = snapshot.listeners->listeners.front().status;
  status.accept_queue.length = count();
  status.accept_queue.limit = count();
  status.syn_queue.length = count();
  status.drops = count();
  status.signs.drops_per_second = ReadAnyNumber(input);
  status.signs.top_source_ratio = ReadAnyNumber(input);
  for (bool& cause : status.diagnosis.causes) cause = input.ConsumeBool();
  snapshot.traffic[kInbound443].usage.bytes_sent = count();
  snapshot.kernel.counters->values.front() = count();
  snapshot.sockstat_discrepancy = ReadAnyNumber(input);
  NamespaceCounts& counts = snapshot.namespaces->shown.back().counts;
  counts.rtt = {.count = count(), .sum = std::chrono::microseconds(input.ConsumeIntegral<int>())};
  counts.traffic.back().bytes_sent = count();
  counts.handshakes.back().outcomes.front() = count();
  Handshakes handshakes = *snapshot.handshakes;
  for (HandshakeCounts* handshake :
       {&handshakes.totals[kInbound443], &handshakes.destinations.front().recent}) {
    handshake->outcomes.back() = count();
    handshake->syn_retransmissions = count();
    handshake->latency.AddBucket(0, count());
    handshake->latency.AddSum(std::chrono::nanoseconds(input.ConsumeIntegral<int>()));
  }
  snapshot.handshakes = std::make_shared<const Handshakes>(std::move(handshakes));
}

void SetNumbers(FuzzedDataProvider& input, AlertList& list) {
  for (Alert& alert : list.alerts) {
    alert.value = ReadAnyNumber(input);
    alert.threshold = ReadAnyNumber(input);
  }
  AlertEvidence evidence = *list.alerts.front().evidence;
  evidence.numbers = {{"syn_queue_length", ReadAnyNumber(input)}};
  evidence.recent = {{ReadAnyNumber(input), ReadAnyNumber(input)}};
  list.alerts.front().evidence = std::make_shared<const AlertEvidence>(std::move(evidence));
}

}  // namespace

double ReadAnyNumber(FuzzedDataProvider& input) {
  return std::bit_cast<double>(input.ConsumeIntegral<std::uint64_t>());
}

AnyReport ReadAnyReport(FuzzedDataProvider& input) {
  AnyReport any;
  Texts texts(input, any);
  Snapshot snapshot = NamedSnapshot(texts);
  AlertList alerts = NamedAlerts(texts);
  any.report = FullReport();
  any.report.notifications.front().receiver = texts.InLabels();
  any.report.notifications.front().failure = Error{0, texts.Next()};
  any.report.build = {texts.InBoth(), texts.InBoth(), texts.InLabels()};
  SetNumbers(input, snapshot);
  SetNumbers(input, alerts);
  any.report.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  any.report.alerts = std::make_shared<const AlertList>(std::move(alerts));
  return any;
}

}  // namespace connwatch
