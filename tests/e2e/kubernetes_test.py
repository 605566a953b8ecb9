"""connwatchd as the DaemonSet of the Helm chart runs it, and what Prometheus makes of the PodMonitor. There is no
cluster here: the test does what the kubelet and the container runtime do with the manifest."""
import base64
import contextlib
import errno
import http.client
import http.server
import json
import os
import pathlib
import re
import shlex
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import yaml

import console
from kernel_walk_test import require_walk
from kubelet import Kubelet
from prometheus import Prometheus
from support import (CONNWATCHD, DEADLINE_S, SOURCE_DIR, Page, cannot_run, find_tool, main,
                     network_namespace, require_root, wait_until)
from web_daemon import Authority, bcrypt

sys.path.append(str(SOURCE_DIR / "deploy"))

import render

NODE_ADDRESS = "192.0.2.7"
# The mounts that every container has, and what the daemon is linked to. The folder of the container's own cgroup is
# empty, so that the daemon must look below host_root.
CONTAINER = """
set -e
mount -t tmpfs -o mode=755 none "$ROOT"
mkdir -p "$ROOT/usr" "$ROOT/proc" "$ROOT/sys" "$ROOT/etc"
for folder in bin lib lib64 sbin; do ln -s "usr/$folder" "$ROOT/$folder"; done
mount --rbind /usr "$ROOT/usr"
mount --rbind /proc "$ROOT/proc"
mount -t sysfs none "$ROOT/sys"
mount -t tmpfs -o ro none "$ROOT/sys/fs/cgroup"
touch "$ROOT/connwatchd"
mount --bind "$PROGRAM" "$ROOT/connwatchd"
"""
BIND = """
mkdir -p "$ROOT{to}"
mount --rbind {source} "$ROOT{to}"
mount -o remount,ro,bind "$ROOT{to}"
"""
PAGE = """\
# TYPE connwatch_netns_tcp_sockets gauge
connwatch_netns_tcp_sockets{netns="shop/cart-7c9",namespace="shop",pod="cart-7c9",state="listen"} 3
connwatch_netns_tcp_sockets{netns="docker/web",state="listen"} 2
# TYPE connwatch_tcp_sockets gauge
connwatch_tcp_sockets{state="listen",family="ipv4"} 5
"""


def unverified():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def require_helm():
    if not render.find_helm():
        cannot_run("needs what tools/install-deps deploy installs")


def manifests(*options):
    """{kind: manifest} of what the chart makes."""
    require_helm()
    return {thing["kind"]: thing for thing in yaml.safe_load_all(render.template(*options)) if thing}


class NodeContainer(contextlib.ExitStack):
    """The container of the DaemonSet, until the end of the with block, in the network namespace of this thread as on
    a node with hostNetwork. `secret` has the files of the Secret, if the pod has one."""

    def __init__(self, things, secret=None):
        super().__init__()
        self._pod = things["DaemonSet"]["spec"]["template"]["spec"]
        self._container = self._pod["containers"][0]
        self._config = things["ConfigMap"]["data"]
        self._secret = secret

    def __enter__(self):
        folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        (folder / "root").mkdir()
        script = CONTAINER + "".join(self._mounts(folder)) + self._start()
        self._log = folder / "log"
        environment = {"PATH": os.environ["PATH"], "ROOT": str(folder / "root"),
                       "PROGRAM": str(pathlib.Path(CONNWATCHD).resolve())}
        with open(self._log, "wb") as log:
            # slave: what is mounted on the node later is seen (HostToContainer).
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "slave", "sh", "-c", script],
                                            env=environment, stderr=log)
        self.callback(self._end)
        return self

    def _end(self):
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def log(self):
        return self._log.read_text()

    def _source(self, volume, folder):
        """What is mounted. The kubelet writes a ConfigMap or a Secret so: files are links into a folder, which is
        itself a link."""
        if "hostPath" in volume:
            return volume["hostPath"]["path"]
        files, mode = (self._config, 0o644) if "configMap" in volume else (
            self._secret, volume["secret"]["defaultMode"])
        source = folder / volume["name"]
        (source / "..2026_01_01").mkdir(parents=True)
        (source / "..data").symlink_to("..2026_01_01")
        for name, text in files.items():
            (source / "..data" / name).write_text(text)
            (source / "..data" / name).chmod(mode)
            (source / name).symlink_to(f"..data/{name}")
        return source

    def _mounts(self, folder):
        sources = {volume["name"]: self._source(volume, folder) for volume in self._pod["volumes"]}
        for volume in self._pod["volumes"]:
            if volume.get("hostPath", {}).get("type") == "DirectoryOrCreate":
                yield f"mkdir -p {shlex.quote(sources[volume['name']])}\n"
        for mount in self._container["volumeMounts"]:
            assert mount["readOnly"]
            yield BIND.format(source=shlex.quote(str(sources[mount["name"]])), to=mount["mountPath"])

    def _start(self):
        security = self._container["securityContext"]
        capabilities = ",".join(["-all", *(f"+{name.lower()}" for name in security["capabilities"]["add"])])
        arguments = [word.replace("$(NODE_IP)", NODE_ADDRESS) for word in self._container["args"]]
        command = shlex.join([
            "setpriv", "--reuid", str(security["runAsUser"]), "--regid", str(security["runAsGroup"]),
            "--clear-groups", f"--bounding-set={capabilities}", "--inh-caps=-all", "--no-new-privs",
            "/connwatchd", *arguments])
        return f'mount -o remount,ro "$ROOT"\nexec chroot "$ROOT" {command}\n'

    def get(self, address, path, scheme="HTTP", headers=()):
        """(status, text). As the kubelet, it takes every certificate."""
        port = self._container["ports"][0]["containerPort"]
        connection = (http.client.HTTPConnection(address, port, timeout=DEADLINE_S) if scheme == "HTTP" else
                      http.client.HTTPSConnection(address, port, timeout=DEADLINE_S,
                                                  context=unverified()))
        with contextlib.closing(connection):
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()

    def succeeds(self, probe):
        """Whether the kubelet would be content with the answer."""
        if self.process.poll() is not None:
            raise AssertionError(f"the container has ended: {self.log()}")
        asked = self._container[probe]["httpGet"]
        assert asked["port"] == self._container["ports"][0]["name"]
        headers = [(header["name"], header["value"]) for header in asked.get("httpHeaders", [])]
        with contextlib.suppress(OSError):
            return 200 <= self.get(NODE_ADDRESS, asked["path"], asked["scheme"], headers)[0] < 400
        return False

    def pass_probes(self):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            wait_until(lambda probe=probe: self.succeeds(probe), probe)


class DaemonSetTest(unittest.TestCase):
    def setUp(self):
        require_root()
        self.kubelet = self.enterContext(Kubelet())  # so the node has no other pods than the test's
        self.enterContext(network_namespace())
        subprocess.run(["ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", "lo"], check=True)

    def test_the_container_starts_answers_the_probes_and_sees_other_namespaces(self):
        require_walk()
        with NodeContainer(manifests()) as container:
            container.pass_probes()
            page = Page(container.get(NODE_ADDRESS, "/metrics")[1])
            self.assertEqual(page.get("connwatch_kernel_walk_in_use"), 1)
            self.assertEqual(page.get("connwatch_handshake_tracing_in_use"), 1)
            # For kubectl port-forward.
            self.assertEqual(container.get("127.0.0.1", "/")[0], 200)
            status = pathlib.Path(f"/proc/{container.process.pid}/status").read_text()
            self.assertRegex(status, r"CapEff:\s+0{16}\n")
            self.assertRegex(status, r"CapPrm:\s+0{16}\n")
            container.process.send_signal(signal.SIGTERM)
            container.process.wait(DEADLINE_S)

    def test_pods_have_their_names(self):
        require_walk()
        with NodeContainer(manifests()) as container:
            container.pass_probes()
            pod = self.kubelet.start("shop", "cart-7c9", "redis")

            def listed():
                answer = json.loads(container.get(NODE_ADDRESS, "/api/v1/namespaces?limit=1000")[1])
                return next((one for one in answer["namespaces"] if one["pod"] == pod.name), None)
            netns = wait_until(listed, "the pod is named")
            self.assertEqual((netns["netns"], netns["unit"]), ("shop/cart-7c9", "shop/cart-7c9/redis"))
            self.assertNotIn("have no names", container.log())

    def test_with_tls_and_users_the_probes_need_one_of_them(self):
        require_walk()
        login = f"Basic {base64.b64encode(b'probe:secret').decode()}"
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = (file.read_text() for file in Authority(folder, "ca").issue("node"))
        secret = {"server.crt": certificate, "server.key": key, "web.yml": json.dumps({
            "tls_server_config": {"cert_file": "server.crt", "key_file": "server.key"},
            "basic_auth_users": {"probe": bcrypt("secret")}})}
        things = manifests(
            "--set", "web.configSecret=web", "--set", "web.tls=true", "--set-json",
            f"probes.httpHeaders={json.dumps([{'name': 'Authorization', 'value': login}])}")
        with NodeContainer(things, secret) as container:
            container.pass_probes()
            self.assertEqual(container.get(NODE_ADDRESS, "/-/healthy", "HTTPS")[0], 401)

    def test_without_the_capabilities_the_log_says_why_the_container_ends(self):
        things = manifests()
        security = things["DaemonSet"]["spec"]["template"]["spec"]["containers"][0]["securityContext"]
        security["capabilities"]["add"] = []
        with NodeContainer(things) as container:
            self.assertEqual(container.process.wait(DEADLINE_S), 1)
            message = "kernel_walk: on: the capabilities CAP_BPF and CAP_PERFMON are missing"
            self.assertIn(message, container.log())


class PageHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_):
        """Says nothing."""


class ScrapeTest(unittest.TestCase):
    @staticmethod
    def job(honors_labels):
        """The lines that the prometheus-operator writes for the PodMonitor: what Kubernetes tells of the target, the
        labels that the operator gives every target, then the relabelings of the PodMonitor."""
        endpoint, = manifests("--set", "monitor.kind=PodMonitor")["PodMonitor"]["spec"]["podMetricsEndpoints"]
        told = {"__meta_kubernetes_namespace": "watch", "__meta_kubernetes_pod_name": "connwatch-x2x",
                "__meta_kubernetes_pod_node_name": "node-1"}
        given = {"namespace": "watch", "pod": "connwatch-x2x", "container": "connwatch", "endpoint": "metrics",
                 "job": "watch/connwatch"}
        relabelings = [{"target_label": label, "replacement": value} for label, value in {**told, **given}.items()]
        names = {"sourceLabels": "source_labels", "targetLabel": "target_label"}
        relabelings += [{names.get(key, key): value for key, value in entry.items()}
                        for entry in endpoint["relabelings"]]
        return (f"honor_labels: {json.dumps(endpoint['honorLabels'] and honors_labels)}\n"
                f"relabel_configs: {json.dumps(relabelings)}")

    def test_series_have_the_pod_that_they_are_about(self):
        """Also if the operator overrides honorLabels (overrideHonorLabels)."""
        find_tool("prometheus")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PageHandler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        none = 'namespace="",pod="",container="",endpoint="",exported_namespace=""'
        host = 'instance="node-1",job="connwatch"'
        for honors_labels in (True, False):
            with self.subTest(honors_labels), \
                    Prometheus(server.server_port, self.job(honors_labels)) as prometheus:
                query = prometheus.query
                wait_until(lambda query=query: query("connwatch_tcp_sockets"), "a scrape")
                self.assertEqual(query(f"connwatch_tcp_sockets{{{host},{none}}}"), ["5"])
                self.assertEqual(query(f'connwatch_netns_tcp_sockets{{{host},netns="docker/web",{none}}}'), ["2"])
                self.assertEqual(query(f'connwatch_netns_tcp_sockets{{{host},namespace="shop",pod="cart-7c9",'
                                       'container="",endpoint=""}'), ["3"])
                self.assertEqual(query(f"up{{{host},{none}}}"), ["1"])


class DocsTest(unittest.TestCase):
    def test_the_messages_are_those_of_the_sources(self):
        section = (SOURCE_DIR / "docs/kubernetes.md").read_text().split("| message |")[1].split("\n\n")[0]
        messages = re.findall(r"^\| `(.*?)` \|", section, re.MULTILINE)
        self.assertGreater(len(messages), 8)
        texts = "".join(file.read_text() for folder in ("bpf", "config", "exporters")
                        for file in (SOURCE_DIR / folder).rglob("*.cc"))
        texts = re.sub(r'"\s*\n\s*"', "", texts) + os.strerror(errno.EADDRINUSE) + os.strerror(errno.EADDRNOTAVAIL)
        self.assertEqual([message for message in messages if message not in texts], [])

    def test_what_needs_no_cluster_is_as_the_page_says(self):
        for tool in ("helm", "kubectl"):
            find_tool(tool)
        with tempfile.TemporaryDirectory() as folder:
            promised, printed, errors = console.follow("kubernetes.md", "/tmp/connwatch-chart", folder)
        self.assertEqual(printed, promised, errors)
        self.assertGreater(len(promised), 4)


if __name__ == "__main__":
    main()
