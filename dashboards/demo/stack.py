"""Two hosts with a daemon each, and Prometheus and Alertmanager on the first, with the shipped
configuration. All of it lives in two network namespaces without a name, which end with the
processes; from the outside it is reached at loopback addresses."""
import contextlib
import json
import pathlib
import shutil
import socket
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from children import start
from forward import forward, listen_at
from support import (CONNWATCHD, SOURCE_DIR, command_of_alertmanager, find_tool,
                     network_namespace, wait_until)
from traffic import PORTS
from two_hosts import CLIENT, TwoHosts

# Addresses inside: those of the shipped configuration, so that none of it needs to be changed.
INSIDE = {"server": ("127.0.0.1", 10177), "client": (CLIENT, 10178),
          "prometheus": ("127.0.0.1", 9090), "alertmanager": ("127.0.0.1", 9093)}


def daemon_config(address, alertmanagers, groups):
    """The shipped one, with what anybody has to fill in. People reach the daemon at `address`."""
    text = (SOURCE_DIR / "config/connwatch.yaml").read_text()
    # Prometheus sends to the same Alertmanager, so the daemon's alerts have a label of their own.
    labels = {"instance": address, "sender": "connwatchd"}
    for line, value in (("\nalertmanagers: []\n", alertmanagers), ("\ngroups: []\n", groups),
                        ("\nalert_labels: {}\n", labels),
                        ('\n  external_url: ""\n', f"http://{address}")):
        assert line in text
        key = line[:line.index(":")]
        text = text.replace(line, f"{key}: {json.dumps(value)}\n")  # JSON is YAML
    return text


class Stack(contextlib.ExitStack):
    """Use as a context manager. `report` is called with a line about each step. The namespace of
    the thread is the server's until the end of the with block."""

    def __init__(self, report, scrape_interval=None):
        """`scrape_interval` instead of the shipped one."""
        super().__init__()
        self._report = report
        self._scrape_interval = scrape_interval

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self._start()
            undo.pop_all()
        return self

    def _start(self):
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        listeners = {name: self.enter_context(listen_at(port))
                     for name, (_, port) in INSIDE.items()}
        # Outside.
        self.addresses = {name: "{}:{}".format(*listener.getsockname())
                          for name, listener in listeners.items()}
        self._report("two network namespaces, joined by a veth pair")
        self.enter_context(network_namespace())
        self.hosts = self.enter_context(TwoHosts())
        for name, listener in listeners.items():
            forward(listener, INSIDE[name])
            self.callback(listener.shutdown, socket.SHUT_RDWR)
        # The daemons last, so that they know the listeners of the others from the start.
        self._start_alertmanager()
        self._start_prometheus()
        self._start_daemons()

    def _run(self, name, arguments):
        """Starts a process; what it says is in a file of that name."""
        with open(self.folder / f"{name}.log", "wb") as log:
            return start(self, arguments, stdout=log, stderr=log)

    def _wait(self, name, process):
        """Until it says that it is ready; an AssertionError with its log if it does not."""
        url = "http://{}:{}/-/ready".format(*INSIDE[name])

        def is_ready():
            if process.poll() is not None:
                raise AssertionError(f"{name} has ended")
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
                return True
            return False
        try:
            wait_until(is_ready, f"{name} is ready")
        except AssertionError as error:
            log = (self.folder / f"{name}.log").read_text(errors="replace")
            raise AssertionError(f"{error}:\n{log}") from None

    def _start_alertmanager(self):
        self._report("Alertmanager")
        process = self._run("alertmanager", [
            *command_of_alertmanager(),
            f"--config.file={SOURCE_DIR}/dashboards/prometheus/alertmanager.yml",
            f"--storage.path={self.folder}/alertmanager", "--cluster.listen-address=",
            "--web.listen-address={}:{}".format(*INSIDE["alertmanager"]),
            f"--web.external-url=http://{self.addresses['alertmanager']}"])
        self._wait("alertmanager", process)

    def _start_daemons(self):
        self._report("connwatchd on both hosts")
        groups = [{"name": name, "match": {"direction": "inbound", "local_port": port}}
                  for name, port in PORTS.items()]
        alertmanager = {"url": "http://{}:{}".format(*INSIDE["alertmanager"])}
        server = self._start_daemon("server", daemon_config(self.addresses["server"], [alertmanager], groups))
        with self.hosts.at_client():
            client = self._start_daemon("client", daemon_config(self.addresses["client"], [], []))
        self._wait("server", server)
        self._wait("client", client)

    def _start_daemon(self, name, config):
        file = self.folder / f"{name}.yaml"
        file.write_text(config)
        return self._run(name, [CONNWATCHD, f"--config.file={file}",
                                "--web.listen-address={}:{}".format(*INSIDE[name])])

    def _start_prometheus(self):
        self._report("Prometheus")
        config = self.folder / "prometheus"
        shutil.copytree(SOURCE_DIR / "dashboards/prometheus", config)
        # The instance is how people reach the daemon: dashboards link to it.
        interval = {"__scrape_interval__": self._scrape_interval,
                    "__scrape_timeout__": self._scrape_interval} if self._scrape_interval else {}
        (config / "targets.yml").write_text(json.dumps([
            {"targets": ["{}:{}".format(*INSIDE[name])],
             "labels": {"instance": self.addresses[name], **interval}}
            for name in ("server", "client")]))
        program = pathlib.Path(find_tool("prometheus"))
        # A package that is only unpacked has its pages elsewhere than it thinks.
        pages = program.parents[1] / "share/prometheus/web"
        process = self._run("prometheus", [
            program, f"--config.file={config}/prometheus.yml", f"--web.local-assets={pages}",
            f"--storage.tsdb.path={self.folder}/data",
            "--web.listen-address={}:{}".format(*INSIDE["prometheus"]),
            f"--web.external-url=http://{self.addresses['prometheus']}"])
        self._wait("prometheus", process)

    def get(self, name, path, **parameters):
        """What one of the programs answers, as JSON where it is."""
        query = urllib.parse.urlencode(parameters)
        url = "http://{}:{}{}?{}".format(*INSIDE[name], path, query)
        try:
            with urllib.request.urlopen(url, timeout=30) as reply:
                text = reply.read().decode()
        except urllib.error.HTTPError as error:
            raise ValueError(f"{url}: {error.read().decode()}") from None
        return json.loads(text) if text.startswith(("{", "[")) else text
