"""Alerts in a real Alertmanager, and what becomes of them where a receiver is slow, away or wrong."""
import base64
import datetime
import pathlib
import re
import signal
import socket
import tempfile
import time
import unittest

import sockets
from alertmanager import Alertmanager
from network import free_port, sysctl
from receivers import Certificates, Receiver, garbage
from support import DEADLINE_S, Daemon, main, network_namespace, run, wait_until
from two_hosts import SERVER, TwoHosts, syn

POLLS = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\n"


def instance_of(daemon):
    return f"{socket.gethostname()}:{daemon.port}"


def seconds(timestamp):
    """Since 1970."""
    return datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def default_rules():
    """The names of the rules that apply if the configuration says nothing."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as empty:
        printed = run("--print-rules", "--config.file", empty.name)
    names = re.findall(r'- alert: "(\w+)"', printed.stdout)
    assert printed.returncode == 0 and names, printed
    return names


class RealAlertmanagerTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(network_namespace())
        self.sockets = self.enterContext(sockets.Sockets())

    def test_a_syn_flood_is_listed_with_its_cause_and_resolved(self):
        hosts = self.enterContext(TwoHosts())
        sysctl("ipv4/tcp_max_syn_backlog", 65536)
        sysctl("core/somaxconn", 65536)
        sysctl("ipv4/tcp_synack_retries", 1)  # half-open handshakes go after 3 s
        server = self.sockets.listener((socket.AF_INET, socket.AF_INET, SERVER, SERVER),
                                       backlog=65536)
        port = server.getsockname()[1]
        raw = hosts.raw_socket()
        alertmanager = self.enterContext(Alertmanager())
        config = (POLLS + f"alertmanagers: [{{url: {alertmanager.url}}}]\n"
                  "alerts: [{name: SynRecvBacklogGrowth, growth: {per_second: 20, over: 5s}, "
                  "for: 2s, clear: {below: 32, for: 1s}}]\n")
        query = lambda: alertmanager.query("alertname=SynRecvBacklogGrowth")
        with Daemon(config) as daemon:
            self.assertEqual(alertmanager.query(), [])
            sent = 0

            def listed():
                nonlocal sent
                for i in range(sent, sent + 100):  # less than the backlog queue of a veth pair
                    raw.sendto(syn(f"198.19.{i % 250}.{i // 250 % 250 + 1}", 1024 + i % 60_000, port),
                               (SERVER, 0))
                sent += 100
                time.sleep(0.05)
                # Asking takes a while, and the flood must go on: only once there is something.
                sent_to = daemon.page().get("connwatch_alert_notifications_total",
                                            alertmanager=alertmanager.url.removeprefix("http://"),
                                            result="success")
                return query() if sent_to else None
            found = wait_until(listed, "amtool lists the alert")
            self.assertEqual(len(found), 1)
            labels, annotations = found[0]["labels"], found[0]["annotations"]
            # The owner is whoever runs this test.
            self.assertEqual({name: value for name, value in labels.items() if name != "unit"},
                             {"alertname": "SynRecvBacklogGrowth", "severity": "critical",
                              "job": "connwatch", "instance": instance_of(daemon),
                              "listener": f"{SERVER}:{port}"})
            self.assertEqual(annotations["cause"], "syn_flood")
            self.assertRegex(annotations["top_sources"], r"^198\.19\.\d+\.0/24 \(\d+\), 198\.19\.")
            self.assertIn("SYN queue", annotations["evidence"])
            self.assertRegex(annotations["summary"], "[Hh]andshakes.* do not complete")
            self.assertRegex(annotations["description"], "tcp_syncookies")
            page = f"http://{instance_of(daemon)}/"
            self.assertEqual(annotations["runbook_url"], f"{page}runbook#SynRecvBacklogGrowth")
            self.assertRegex(found[0]["generatorURL"],
                             f"^{page}#alert=SynRecvBacklogGrowth&subject={SERVER}%3A{port}"
                             "&incident=[0-9a-f]{16}$")
            wait_until(lambda: query() == [], "it is resolved there, long before it would expire")
            self.assertIn("state=resolved", daemon.log())


class ReceiverTest(unittest.TestCase):
    def setUp(self):
        # What the alert is about: it fires for as long as this listens.
        self.trouble = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.trouble.close)
        self.subject = "127.0.0.1:" + str(self.trouble.getsockname()[1])
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def config(self, *receivers):
        rule = f'{{name: Fires, signal: listener_syn_queue, below: 1000000, match: "{self.subject}"}}'
        return (POLLS + f"alerts: [{rule}]\nalertmanagers:\n" +
                "".join(f"  - {receiver}\n" for receiver in receivers))

    def start(self, *receivers):
        return self.enterContext(Daemon(self.config(*receivers)))

    def counts(self, daemon, port):
        """Requests that succeeded, that failed, and the length of the queue."""
        page, name = daemon.page(), f"127.0.0.1:{port}"
        requests = lambda result: page.get("connwatch_alert_notifications_total", alertmanager=name,
                                           result=result)
        return (requests("success"), requests("failure"),
                page.get("connwatch_alert_notification_queue_length", alertmanager=name))

    def wait_for_alert(self, receiver):
        return wait_until(lambda: receiver.alerts("Fires"), "the alert arrives")[-1]

    def test_it_is_told_what_fires_and_what_is_over(self):
        receiver = self.enterContext(Receiver())
        daemon = self.start(f"{{url: http://127.0.0.1:{receiver.port}}}")
        alert = self.wait_for_alert(receiver)
        labels = {name: value for name, value in alert["labels"].items() if name != "unit"}
        self.assertEqual(labels, {"alertname": "Fires", "severity": "warning", "job": "connwatch",
                                  "instance": instance_of(daemon), "listener": self.subject})
        self.trouble.close()
        over = wait_until(lambda: [told for told in receiver.alerts("Fires") if "endsAt" in told],
                          "its end arrives")[-1]
        self.assertEqual((over["labels"], over["startsAt"]), (alert["labels"], alert["startsAt"]))
        self.assertNotIn("endsAt", receiver.alerts("Fires")[0])
        self.assertLessEqual(seconds(over["endsAt"]), time.time())
        wait_until(lambda: self.counts(daemon, receiver.port)[2] == 0, "both are told")

    def test_labels_and_links_are_those_of_the_configuration(self):
        receiver = self.enterContext(Receiver())
        config = ("alert_labels: {job: net, instance: \"{{host}}\", region: eu}\n"
                  "runbook_url: https://wiki.example.org/{{alertname}}.html\n"
                  "web: {external_url: https://watch.example.org/web1/}\n")
        daemon = self.enterContext(Daemon(
            config + self.config(f"{{url: http://127.0.0.1:{receiver.port}}}")))
        alert = self.wait_for_alert(receiver)
        labels = alert["labels"]
        self.assertEqual((labels["job"], labels["instance"], labels["region"]),
                         ("net", socket.gethostname(), "eu"))
        self.assertEqual(alert["annotations"]["runbook_url"], "https://wiki.example.org/Fires.html")
        self.assertTrue(alert["generatorURL"].startswith(
            "https://watch.example.org/web1/#alert=Fires&subject=127.0.0.1%3A"))
        # Other labels are another alert: the old one ends, and the new one begins.
        daemon.reload(config.replace("region: eu", "region: us") +
                      self.config(f"{{url: http://127.0.0.1:{receiver.port}}}"))
        regions = lambda ended: {told["labels"]["region"] for told in receiver.alerts("Fires")
                                 if ended(told)}
        is_over = lambda told: "endsAt" in told and seconds(told["endsAt"]) <= time.time()
        wait_until(lambda: regions(is_over) == {"eu"}, "the end of the old one")
        wait_until(lambda: regions(lambda told: True) == {"eu", "us"}, "the new one")

    def test_the_times_are_right_by_the_receivers_clock(self):
        hour = 3600
        ahead = self.enterContext(Receiver(clock_ahead_s=hour))
        behind = self.enterContext(Receiver(clock_ahead_s=-hour))
        before = time.time()
        daemon = self.start(f"{{url: http://127.0.0.1:{ahead.port}}}",
                            f"{{url: http://127.0.0.1:{behind.port}}}")
        for receiver in ahead, behind:
            firing = wait_until(lambda: receiver.alerts("Fires")[1:], "it is told again at once")[0]
            first, now = receiver.alerts("Fires")[0], time.time()
            self.assertNotIn("endsAt", first)
            off = receiver.clock_ahead_s
            slack = now - before + 2  # an answer bounds the clock by its round trip and a second
            self.assertAlmostEqual(seconds(firing["startsAt"]), now + off, delta=slack)
            self.assertAlmostEqual(seconds(firing["endsAt"]), now + off + 240, delta=slack)
        self.trouble.close()
        for receiver in ahead, behind:
            over = wait_until(lambda: receiver.alerts("Fires")[2:], "its end arrives")[0]
            self.assertLessEqual(seconds(over["startsAt"]), seconds(over["endsAt"]))
            self.assertLessEqual(seconds(over["endsAt"]), time.time() + receiver.clock_ahead_s)
            self.assertGreater(seconds(over["endsAt"]), before - 2 + receiver.clock_ahead_s)
        name = lambda receiver: f"127.0.0.1:{receiver.port}"
        difference = lambda receiver: daemon.page().get(
            "connwatch_alertmanager_clock_difference_seconds", alertmanager=name(receiver))
        for receiver in ahead, behind:
            shown = wait_until(lambda: difference(receiver), "a page shows it")
            self.assertAlmostEqual(shown, receiver.clock_ahead_s, delta=slack)
        log = daemon.log()
        self.assertRegex(log, rf"clock of alertmanager {name(ahead)} is 3[56]\d\d s ahead of this host")
        self.assertRegex(log, rf"clock of alertmanager {name(behind)} is 3[56]\d\d s behind this host")
        self.assertEqual(log.count("clock of alertmanager"), 2, log)

    def test_dates_that_no_clock_shows_change_nothing(self):
        far = self.enterContext(Receiver(clock_ahead_s=200 * 365 * 86400))
        daemon = self.start(f"{{url: http://127.0.0.1:{far.port}}}")
        wait_until(lambda: self.counts(daemon, far.port) == (1, 0, 0), "it is told once")
        daemon.wait_for_polls(2)
        self.assertEqual(len(far.requests), 1)
        self.assertNotIn("clock of alertmanager", daemon.log())
        self.assertIsNone(daemon.page().get("connwatch_alertmanager_clock_difference_seconds",
                                            alertmanager=f"127.0.0.1:{far.port}"))

    def test_if_there_is_no_room_for_all_the_most_severe_are_told_first(self):
        self.enterContext(network_namespace())
        troubles = [socket.create_server((f"127.90.{i // 250}.{i % 250 + 1}", 7000))
                    for i in range(500)]
        for trouble in troubles:
            self.addCleanup(trouble.close)
        rule = ("{{name: Any{}, severity: {}, signal: listener_accept_queue_utilization, "
                "below: 100%, match: '127.90.*'}}")
        # On a slow machine the defaults would fire, too, MonitorStale above all.
        rules = [f"{{name: {name}, enabled: false}}" for name in default_rules()]
        rules += [rule.format(i, "info") for i in range(11)]
        rules.append("{name: TheLast, severity: critical, match: '127.90.1.*', below: 100%, "
                     "signal: listener_accept_queue_utilization}")
        receiver = self.enterContext(Receiver())
        config = (f"max_listeners: 1000\nalerts: [{', '.join(rules)}]\n"
                  f"alertmanagers: [{{url: http://127.0.0.1:{receiver.port}}}]\n")
        daemon = self.enterContext(Daemon(config))
        wait_until(lambda: (self.counts(daemon, receiver.port)[0] or 0) > 0, "a first message")
        first = receiver.requests[0][2]
        self.assertEqual({alert["labels"]["alertname"] for alert in first}, {"TheLast"})
        wait_until(lambda: self.counts(daemon, receiver.port)[2] == 0, "all are told")
        told = {(alert["labels"]["alertname"], alert["labels"]["listener"])
                for _, _, alerts in receiver.requests for alert in alerts}
        self.assertEqual(len(told), 5000)
        self.assertEqual(sum(name == "TheLast" for name, _ in told), 250)
        self.assertEqual(daemon.page().get("connwatch_alert_notifications_left_out",
                                           alertmanager=f"127.0.0.1:{receiver.port}"), 750)
        self.assertRegex(daemon.log(), f"alertmanager 127.0.0.1:{receiver.port} is not told of 750 "
                                       r"alerts, because too many fire: Any\d+ \(\d+\)")
        self.assertIn("alert=TheLast subject=127.90.1.", daemon.log())
        self.assertRegex(daemon.log(), r"alert=Any0 state=firing severity=info subjects=\d+: too many")

    def test_it_arrives_once_the_receiver_is_there(self):
        port = free_port()
        daemon = self.start(f"{{url: http://127.0.0.1:{port}}}")
        wait_until(lambda: (self.counts(daemon, port)[1] or 0) >= 2, "it is tried and tried again")
        self.assertEqual(self.counts(daemon, port)[2], 1)
        self.assertEqual(daemon.log().count("does not take alerts"), 1, daemon.log())
        receiver = self.enterContext(Receiver(port=port))
        self.wait_for_alert(receiver)
        wait_until(lambda: f"alertmanager 127.0.0.1:{port} takes alerts again" in daemon.log(),
                   "the recovery is logged")
        wait_until(lambda: self.counts(daemon, port)[2] == 0, "the queue is empty")

    def test_errors_of_the_server_are_tried_again(self):
        receiver = self.enterContext(Receiver(statuses=(500, 503, 200)))
        daemon = self.start(f"{{url: http://127.0.0.1:{receiver.port}}}")
        wait_until(lambda: self.counts(daemon, receiver.port) == (1, 2, 0), "the third succeeds")
        self.assertEqual(receiver.requests[0][0], "/api/v2/alerts")
        self.assertIn("does not take alerts: answered with status 500", daemon.log())

    def test_what_is_refused_is_not_tried_again_soon(self):
        receiver = self.enterContext(Receiver(statuses=(400,)))
        daemon = self.start(f"{{url: http://127.0.0.1:{receiver.port}}}")
        wait_until(lambda: self.counts(daemon, receiver.port)[1], "the refusal")
        daemon.wait_for_polls(4)
        self.assertEqual(self.counts(daemon, receiver.port), (0, 1, 1))
        self.assertEqual(daemon.log().count("answered with status 400"), 1, daemon.log())

    def test_an_answer_that_is_not_http(self):
        port = self.enterContext(garbage())
        daemon = self.start(f"{{url: http://127.0.0.1:{port}}}")
        wait_until(lambda: (self.counts(daemon, port)[1] or 0) >= 2, "it fails twice")
        self.assertEqual(self.counts(daemon, port)[0], 0)

    def test_one_that_is_silent_delays_neither_polls_nor_others(self):
        silent = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        silent_port = silent.getsockname()[1]
        receiver = self.enterContext(Receiver())
        daemon = self.start(f"{{url: http://127.0.0.1:{silent_port}, timeout: 1m}}",
                            f"{{url: http://127.0.0.1:{receiver.port}}}")
        silent.settimeout(DEADLINE_S)
        self.enterContext(silent.accept()[0])
        self.wait_for_alert(receiver)
        # Those that began within 0.1 s of being due.
        punctual = lambda: daemon.page().get("connwatch_poll_lateness_seconds_bucket",
                                             tier="listeners", le="0.1")
        begin = punctual()
        wait_until(lambda: punctual() >= begin + 50, "fifty punctual polls while the request hangs")
        self.assertEqual(self.counts(daemon, silent_port), (0, 0, 1))
        self.assertEqual(daemon.stop(deadline_s=30), 0)  # the request has most of its minute left

    def test_a_server_of_another_authority_gets_nothing(self):
        tls = Certificates(self.folder).server("IP:127.0.0.1")
        receiver = self.enterContext(Receiver(tls=tls))
        daemon = self.start(f"{{url: https://127.0.0.1:{receiver.port}, "
                            "basic_auth: {username: me, password: s3cret}}")
        wait_until(lambda: "certificate" in daemon.log(), "the reason in the log")
        self.assertEqual(receiver.requests, [])
        self.assertNotIn("s3cret", daemon.log())

    def test_tls_and_credentials_follow_their_files(self):
        certificates = Certificates(self.folder)
        receiver = self.enterContext(Receiver(tls=certificates.server("IP:127.0.0.1")))
        password = self.folder / "password"
        password.write_text("first\n")
        self.start(f"{{url: https://127.0.0.1:{receiver.port}, tls: {{ca_file: {certificates.ca}}}, "
                   f"basic_auth: {{username: me, password_file: {password}}}}}")
        self.wait_for_alert(receiver)
        password.write_text("second\n")
        self.trouble.close()
        wait_until(lambda: len(receiver.requests) > 1, "the end arrives")
        sent = [headers["Authorization"] for _, headers, _ in receiver.requests[:2]]
        self.assertEqual(sent, ["Basic " + base64.b64encode(text).decode()
                                for text in (b"me:first", b"me:second")])

    def test_a_client_certificate_and_another_name(self):
        certificates = Certificates(self.folder)
        certificate, key = certificates.make("client", "DNS:client.example.org")
        receiver = self.enterContext(
            Receiver(tls=certificates.server("DNS:alerts.example.org", clients=True)))
        url = f"url: https://127.0.0.1:{receiver.port}"
        files = f"ca_file: {certificates.ca}, cert_file: {certificate}, key_file: {key}"
        daemon = self.start(f"{{{url}, tls: {{{files}}}}}")
        wait_until(lambda: "does not take alerts" in daemon.log(), "the name is not the right one")
        self.assertEqual(receiver.requests, [])
        daemon.reload(self.config(f"{{{url}, tls: {{server_name: alerts.example.org, {files}}}}}"))
        self.wait_for_alert(receiver)
        self.assertEqual(receiver.requests[0][1]["Host"], f"127.0.0.1:{receiver.port}")

    def test_a_reload_changes_who_is_told(self):
        first, second = self.enterContext(Receiver()), self.enterContext(Receiver())
        daemon = self.start(f"{{url: http://127.0.0.1:{first.port}}}")
        self.wait_for_alert(first)
        daemon.write_config(self.config(f"{{url: http://127.0.0.1:{second.port}}}"))
        daemon.process.send_signal(signal.SIGHUP)
        self.wait_for_alert(second)
        wait_until(lambda: self.counts(daemon, second.port)[0] == 1, "it is counted")
        self.assertEqual(self.counts(daemon, first.port), (None, None, None))

    def test_nobody_is_told_where_nobody_is_configured(self):
        with Daemon(POLLS) as daemon:
            self.assertNotIn("connwatch_alert_notifications_total", daemon.page().names())


if __name__ == "__main__":
    main()
