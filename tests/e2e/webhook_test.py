"""Webhooks: a real receiver is told once of each change, in the form that it wants."""
import socket
import unittest

from network import free_port
from receivers import Receiver
from support import Daemon, main, wait_until

POLLS = "poll: {listeners: 100ms, handshakes: 200ms, full: 1s}\nalert_resend_interval: 1s\n"
CHAT = """body: '{"text": "{{status}}: {{alertname}} of {{instance}}, {{summary}} {{url}}"}'"""


class WebhookTest(unittest.TestCase):
    def setUp(self):
        # What the alert is about: it fires for as long as this listens.
        self.trouble = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.trouble.close)
        self.address = self.trouble.getsockname()
        self.subject = "{}:{}".format(*self.address)

    def daemon(self, port, more=""):
        """The rule is about this listener alone, however many there are on this host."""
        rule = f'{{name: Fires, signal: listener_syn_queue, below: 1000000, match: "{self.subject}"}}'
        return Daemon(POLLS + f"alerts: [{rule}]\nalertmanagers:\n"
                      f"  - webhook: http://127.0.0.1:{port}/hook?a=b\n" + f"    {more}\n")

    def start(self, port, more=""):
        return self.enterContext(self.daemon(port, more))

    def told(self, receiver):
        """[(status, message)] about this alert, in the order they came."""
        return [(body["status"], body) for _, _, body in list(receiver.requests)
                if body["alertname"] == "Fires"]

    def listen_again(self):
        self.trouble = socket.create_server(self.address)
        self.addCleanup(self.trouble.close)

    def test_each_change_is_told_once(self):
        receiver = self.enterContext(Receiver())
        daemon = self.start(receiver.port)
        wait_until(lambda: self.told(receiver), "it is told")
        daemon.wait_for_polls(6)  # an Alertmanager would be told again by now, more than once
        self.assertEqual([status for status, _ in self.told(receiver)], ["firing"])
        self.trouble.close()
        wait_until(lambda: len(self.told(receiver)) > 1, "its end is told")
        self.listen_again()
        wait_until(lambda: len(self.told(receiver)) > 2, "it is told when it fires again")
        daemon.wait_for_polls(3)
        self.assertEqual([status for status, _ in self.told(receiver)],
                         ["firing", "resolved", "firing"])
        firing, over, again = (message for _, message in self.told(receiver))
        self.assertEqual(receiver.requests[0][0], "/hook?a=b")
        self.assertEqual(receiver.requests[0][1]["Content-Type"], "application/json")
        self.assertEqual((firing["version"], firing["severity"], firing["subject"]),
                         (1, "warning", self.subject))
        self.assertEqual(firing["labels"]["listener"], self.subject)
        self.assertEqual(firing["annotations"]["runbook_url"], firing["runbook_url"])
        self.assertEqual(firing["annotations"]["summary"], firing["summary"])
        self.assertNotIn("endsAt", firing)
        self.assertEqual((over["labels"], over["startsAt"]), (firing["labels"], firing["startsAt"]))
        self.assertLess(over["startsAt"], over["endsAt"])
        self.assertLess(over["endsAt"], again["startsAt"])

    def test_a_body_for_a_chat_service_is_filled_in(self):
        receiver = self.enterContext(Receiver())
        daemon = self.start(receiver.port, CHAT)
        texts = lambda: [body["text"] for _, _, body in list(receiver.requests)
                         if "Fires" in body["text"]]
        wait_until(texts, "it is told")
        self.trouble.close()
        wait_until(lambda: len(texts()) > 1, "its end is told")
        host = f"{socket.gethostname()}:{daemon.port}"
        link = (f"http://{host}/#alert=Fires&subject=127.0.0.1%3A{self.address[1]}"
                "&incident=[0-9a-f]{16}")
        for text, status in zip(texts(), ("firing", "resolved")):
            self.assertRegex(text, f"^{status}: Fires of {host}, .+ {link}$")

    def test_a_receiver_that_was_down_is_told_once(self):
        port = free_port()
        daemon = self.start(port)
        wait_until(lambda: "does not take alerts" in daemon.log(), "it cannot be told")
        receiver = self.enterContext(Receiver(port=port))
        wait_until(lambda: self.told(receiver), "it is told once the receiver is there")
        daemon.wait_for_polls(3)
        self.assertEqual([status for status, _ in self.told(receiver)], ["firing"])

    def test_what_was_over_before_it_could_be_told_is_told_as_over(self):
        port = free_port()
        daemon = self.start(port)
        wait_until(lambda: "does not take alerts" in daemon.log(), "it cannot be told")
        self.trouble.close()
        wait_until(lambda: "alert=Fires" in daemon.log() and "state=resolved" in daemon.log(),
                   "it is over")
        receiver = self.enterContext(Receiver(port=port))
        wait_until(lambda: self.told(receiver), "it is told once the receiver is there")
        daemon.wait_for_polls(3)
        (status, over), = self.told(receiver)
        self.assertEqual(status, "resolved")
        self.assertLess(over["startsAt"], over["endsAt"])

    def test_a_message_is_repeated_until_it_is_accepted(self):
        receiver = self.enterContext(Receiver(statuses=(500, 429, 400, 200)))
        daemon = self.start(receiver.port)
        wait_until(lambda: len(self.told(receiver)) == 4, "the fourth is accepted")
        daemon.wait_for_polls(4)
        self.assertEqual([status for status, _ in self.told(receiver)], ["firing"] * 4)

    def test_after_a_restart_what_fires_is_told_once_more(self):
        receiver = self.enterContext(Receiver())
        with self.daemon(receiver.port):
            wait_until(lambda: len(self.told(receiver)) == 1, "it is told")
        self.start(receiver.port)
        wait_until(lambda: len(self.told(receiver)) == 2, "it is told again")
        self.assertEqual([status for status, _ in self.told(receiver)], ["firing", "firing"])


if __name__ == "__main__":
    main()
