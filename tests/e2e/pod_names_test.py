"""The names of pods and their containers, as a kubelet leaves them on a host."""
import json
import os
import pathlib
import re
import socket
import subprocess
import unittest

import network
from kernel_walk_test import require_walk
from kubelet import PORT, Kubelet
from support import Daemon, main, wait_until

FAST = ("poll: {listeners: 100ms, handshakes: 200ms, full: 300ms}\n"
        "max_network_namespaces: 4096\n")


def pods_on(page):
    """{(namespace, pod, netns)} of the namespaces that have series."""
    return {(of["namespace"], of["pod"], of["netns"])
            for name, labels in page.series if name == "connwatch_netns_info"
            for of in [dict(labels)] if "pod" in of}


def expected(pods):
    return {(pod.name_space, pod.name, f"{pod.name_space}/{pod.name}") for pod in pods}


class PodNamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_walk()

    def setUp(self):
        self.kubelet = self.enterContext(Kubelet())

    def wait_for(self, daemon, pods):
        wait_until(lambda: pods_on(daemon.page()) == expected(pods), "exactly these pods are named")

    def namespaces(self, daemon):
        """{name of the network namespace: what the API says about it}"""
        answer = json.loads(daemon.get("/api/v1/namespaces?limit=1000").content)
        return {netns["netns"]: netns for netns in answer["namespaces"]}

    def test_every_driver_of_cgroups(self):
        pods = [self.kubelet.start("shop", f"cart-{driver}", f"redis-{driver}", driver)
                for driver in ("containerd", "crio", "docker", "cgroupfs", "mixed")]
        with Daemon(FAST) as daemon:
            self.wait_for(daemon, pods)
            page, namespaces = daemon.page(), self.namespaces(daemon)
            for pod in pods:
                with self.subTest(pod=pod.name):
                    self.assertEqual(page.get("connwatch_netns_tcp_sockets", state="listen",
                                              **pod.labels), 1)
                    netns = namespaces[pod.labels["netns"]]
                    self.assertEqual((netns["namespace"], netns["pod"]), (pod.name_space, pod.name))
                    unit = f"{pod.name_space}/{pod.name}/{pod.container}"
                    self.assertEqual(netns["unit"], unit)
                    self.assertEqual([listener["unit"] for listener in netns["listeners"]], [unit])

    def test_a_pod_in_the_hosts_network_owns_listeners_and_groups(self):
        pod = self.kubelet.start("kube-system", "proxy-x1", "proxy", host_network=True)
        unit = "kube-system/proxy-x1/proxy"
        with Daemon(FAST + "group_by: unit\n") as daemon, \
                socket.create_connection(("127.0.0.1", PORT)):
            wait_until(lambda: daemon.page().get("connwatch_listener_info", listener=f"0.0.0.0:{PORT}",
                                                 unit=unit), "the listener has its owner")
            wait_until(lambda: daemon.page().get("connwatch_tcp_group_sockets", direction="inbound",
                                                 group=unit, state="established"), "a group by unit")
            self.assertNotIn((pod.name_space, pod.name, f"{pod.name_space}/{pod.name}"),
                             pods_on(daemon.page()), "the host's network is no pod's")

    def test_two_hundred_pods_come_and_go(self):
        ever, alive = set(), []
        with Daemon(FAST) as daemon:
            for wave in range(4):
                for pod in alive[:25]:
                    self.kubelet.stop(pod)
                started = [self.kubelet.start(f"team-{number % 7}", f"worker-{wave}-{number}")
                           for number in range(50)]
                alive = alive[25:] + started
                ever |= expected(started)
                self.assertLessEqual(pods_on(daemon.page()), ever, "no pod has the name of another")
                self.wait_for(daemon, alive)
            for pod in alive:
                self.kubelet.stop(pod)
            self.wait_for(daemon, [])
            page = daemon.page()
            self.assertFalse([labels for _, labels in page.series if "pod" in dict(labels)])

    def test_a_pod_of_the_same_name_follows_another_one(self):
        """As with a StatefulSet."""
        with Daemon(FAST) as daemon:
            pod = self.kubelet.start("shop", "db-0")
            self.wait_for(daemon, [pod])
            cookies = [self.namespaces(daemon)["shop/db-0"]["cookie"]]
            self.kubelet.stop(pod)
            self.wait_for(daemon, [])
            self.wait_for(daemon, [self.kubelet.start("shop", "db-0")])
            cookies.append(self.namespaces(daemon)["shop/db-0"]["cookie"])
            self.assertNotEqual(*cookies)

    def test_an_alert_names_the_pod(self):
        config = FAST + """
alerts:
  - name: AcceptQueueFull
    signal: listener_accept_queue_utilization
    above: 95%
    for: 0s
"""
        pod = self.kubelet.start("shop", "cart-7c9", backlog=2)
        with pod.inside():
            network.apply_settings()
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            clients = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(3)]
        for client in clients:
            self.addCleanup(client.close)

        def alert(daemon):
            answer = json.loads(daemon.get("/api/v1/alerts").content)
            subject = f"shop/cart-7c9/0.0.0.0:{PORT}"  # containers of other tests may have alerts, too
            return next((one for one in answer["alerts"] if one["alert"] == "AcceptQueueFull" and
                         one["state"] == "firing" and one["subject"] == subject), None)
        with Daemon(config) as daemon:
            fired = wait_until(lambda: alert(daemon), "the alert")
        self.assertEqual((fired["netns"], fired["namespace"], fired["pod"]),
                         ("shop/cart-7c9", "shop", "cart-7c9"))

    def test_names_that_nobody_permits_are_not_shown(self):
        hostile = [b'a"b_c\nd_1', b"a_\xff\xfe_2", b"{}_{{x}}_3", b"_" * 250, b"x" * 255,
                   b"<script>_alert(1)_4"]
        for name in hostile:
            os.mkdir(b"/var/log/pods/" + name)
            pathlib.Path(os.fsdecode(b"/var/log/containers/" + name[:240] + b"-1.log")).touch()
        pod = self.kubelet.start("shop", "cart")
        nameless = self.kubelet.start("shop", "gone")
        os.rename(f"/var/log/pods/shop_gone_{nameless.uid}",
                  b'/var/log/pods/a"b_c\nd_' + nameless.uid.encode())
        with Daemon(FAST) as daemon:
            self.wait_for(daemon, [pod])
            units = wait_until(lambda: self.units_of_others(daemon), "the other one has its id")
            os.rename(b'/var/log/pods/a"b_c\nd_' + nameless.uid.encode(),
                      f"/var/log/pods/shop_gone_{nameless.uid}")
        self.assertEqual(units, {f"cri-containerd-{nameless.id[:12]}"})

    def units_of_others(self, daemon):
        """Of the test's namespaces that are called by their id; others on this host may be, too."""
        return {unit for netns in self.namespaces(daemon).values()
                for unit in [netns["unit"]] if re.fullmatch(r"cri-containerd-[0-9a-f]{12}", unit)}


if __name__ == "__main__":
    main()
