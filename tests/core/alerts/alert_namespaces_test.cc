// Alerts on listeners of other network namespaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/alert_world.h"

namespace connwatch::alert_namespaces_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::Pair;

AlertRule Rule(AlertSignal signal, double above) {
  return {
      .name = "Rule", .signal = signal, .threshold = AlertThreshold{ThresholdSide::kAbove, above}};
}

AlertRule ForSubjects(AlertRule rule, std::vector<SubjectPattern> match) {
  rule.match = std::move(match);
  return rule;
}

// The listener 0.0.0.0:443 of the namespace. Both are added at the first call. Valid until the next
// namespace is added.
ListenerStatus& ListenerIn(AlertWorld& world, const std::string& name) {
  auto& namespaces = world.snapshot.namespaces;
  if (!namespaces) namespaces.emplace();
  for (NetworkNamespace& netns : namespaces->shown) {
    if (netns.identity.name == name) return netns.counts.listeners.listeners.front().status;
  }
  NetworkNamespace& added = namespaces->shown.emplace_back();
  added.identity.name = name;
  Listener& listener = added.counts.listeners.listeners.emplace_back();
  listener.key = {{IpAddress(), 443}};
  listener.status.accept_queue = OneQueue(0, 128);
  return listener.status;
}

TEST(AlertNamespaces, ListenersOfOneAddressAreDifferentSubjects) {
  AlertWorld world({Rule(AlertSignal::kListenerSynQueue, 10)});
  world.SynQueue() = 11;
  ListenerIn(world, "web").syn_queue.length = 12;
  ListenerIn(world, "db").syn_queue.length = 3;
  EXPECT_THAT(world.Tick(), ElementsAre("Rule 0.0.0.0:443 firing", "Rule web/0.0.0.0:443 firing"));
  const std::vector<Alert> alerts = world.engine.alerts();
  EXPECT_EQ(alerts.at(0).netns, "");
  EXPECT_EQ(alerts.at(1).netns, "web");
  world.SynQueue() = 0;
  EXPECT_THAT(world.Tick(), ElementsAre("Rule 0.0.0.0:443 resolved"));
}

TEST(AlertNamespaces, RatesAreOfOneListener) {
  AlertWorld world({Rule(AlertSignal::kListenerDrops, 1)});
  world.ListenerOn(443).drops = 1'000;
  ListenerIn(world, "web").drops = 5;
  world.Ticks(10);
  ListenerIn(world, "web").drops += 100;
  EXPECT_THAT(world.Tick(), ElementsAre("Rule web/0.0.0.0:443 firing"));
}

TEST(AlertNamespaces, AnAlertEndsWithItsNamespace) {
  AlertWorld world({Rule(AlertSignal::kListenerDrops, 1)});
  ListenerIn(world, "web");
  world.Ticks(10);
  ListenerIn(world, "web").drops += 100;
  world.Tick();
  world.snapshot.namespaces->shown.clear();
  EXPECT_THAT(world.Tick(), ElementsAre("Rule web/0.0.0.0:443 resolved"));
  EXPECT_EQ(world.transitions.front().alert.netns, "web") << "a receiver knows it by this label";
  EXPECT_THAT(world.engine.alerts(), IsEmpty());
  // It comes back with other numbers: a rate needs two samples of the new listener.
  ListenerIn(world, "web").drops = 10'000;
  EXPECT_THAT(world.Tick(), IsEmpty());
}

TEST(AlertNamespaces, AnAlertEndsIfTheWalkIsGivenUp) {
  AlertWorld world({Rule(AlertSignal::kListenerSynQueue, 10)});
  ListenerIn(world, "web").syn_queue.length = 12;
  world.Tick();
  world.snapshot.namespaces.reset();
  EXPECT_THAT(world.Tick(), ElementsAre("Rule web/0.0.0.0:443 resolved"));
}

TEST(AlertNamespaces, TheSecondAlertOfASubjectHasTheNamespaceToo) {
  AlertWorld world({Rule(AlertSignal::kListenerDrops, 1)});
  ListenerIn(world, "web");
  world.Ticks(10);
  ListenerIn(world, "web").drops += 100;
  world.Tick();
  EXPECT_THAT(world.Ticks(30), ElementsAre("Rule web/0.0.0.0:443 resolved"));
  ListenerIn(world, "web").drops += 100;
  world.Tick();
  EXPECT_EQ(world.engine.alerts().at(0).netns, "web");
}

TEST(AlertNamespaces, PatternsMatchTheWholeSubject) {
  const auto fires = [](const SubjectPattern& pattern) {
    AlertWorld world({ForSubjects(Rule(AlertSignal::kListenerSynQueue, 10), {pattern})});
    world.SynQueue() = 11;
    ListenerIn(world, "web").syn_queue.length = 11;
    ListenerIn(world, "web2").syn_queue.length = 11;
    return world.Tick();
  };
  EXPECT_THAT(fires({"0.0.0.0:443", false}), ElementsAre("Rule 0.0.0.0:443 firing"));
  EXPECT_THAT(fires({"0.0.0.0:", true}), ElementsAre("Rule 0.0.0.0:443 firing"));
  EXPECT_THAT(fires({"web/", true}), ElementsAre("Rule web/0.0.0.0:443 firing"));
  EXPECT_THAT(fires({"web/0.0.0.0:443", false}), ElementsAre("Rule web/0.0.0.0:443 firing"));
  EXPECT_THAT(fires({"web", true}),
              ElementsAre("Rule web/0.0.0.0:443 firing", "Rule web2/0.0.0.0:443 firing"));
}

TEST(AlertNamespaces, EvidenceIsTheListenersWithTheRatesOfItsNamespace) {
  AlertWorld world({Rule(AlertSignal::kListenerSynQueue, 10)});
  world.ListenerOn(443).syn_queue = {.length = 1, .peak = 1, .retransmitting = 0};
  ListenerStatus& status = ListenerIn(world, "web");
  status.syn_queue = {.length = 129, .peak = 129, .retransmitting = 0};
  status.signs.host.syn_cookies_per_second = 7;
  status.diagnosis.causes[IndexOf(DiagnosisCause::kSynCookies)] = true;
  world.Tick();
  const Alert alert = world.engine.alerts().at(0);
  EXPECT_EQ(alert.cause, "syn_cookies");
  EXPECT_THAT(alert.evidence->text, HasSubstr("the network namespace sends 7.0 SYN cookies/s"));
  EXPECT_THAT(alert.evidence->text, Not(HasSubstr("host")));
  EXPECT_THAT(alert.evidence->numbers, IsSupersetOf({Pair("syn_queue_length", 129.0),
                                                     Pair("netns_syn_cookies_per_second", 7.0)}));
}

TEST(AlertNamespaces, NoDiagnosisOfAnotherNamespaceInnocentsOrAccuses) {
  AlertWorld world({Rule(AlertSignal::kListenerSynQueue, 10)});
  world.SynQueue() = 11;
  world.SetCause(443, DiagnosisCause::kDeferredAccept);
  ListenerIn(world, "web").syn_queue.length = 11;
  EXPECT_THAT(world.Tick(), ElementsAre("Rule web/0.0.0.0:443 firing"));
}

// There are more listeners than a rule follows: the one in trouble is found in whichever namespace.
TEST(AlertNamespaces, BeyondTheLimitOfARuleThoseInTroubleAreFollowed) {
  AlertWorld world({Rule(AlertSignal::kListenerDrops, 1)});
  for (int i = 0; i < 600; ++i) ListenerIn(world, "pod-" + std::to_string(1'000 + i));
  world.Ticks(2);
  EXPECT_EQ(world.engine.rules().front().left_out, 100U);
  std::vector<std::string> said;
  for (int i = 0; i < 4; ++i) {
    ListenerIn(world, "pod-1599").drops += 50;
    ListenerIn(world, "pod-1599").signs.drops_per_second = 50;
    for (std::string& line : world.Tick()) said.push_back(std::move(line));
  }
  EXPECT_THAT(said, ElementsAre("Rule pod-1599/0.0.0.0:443 firing"));
}

}  // namespace
}  // namespace connwatch::alert_namespaces_test
