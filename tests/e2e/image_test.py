"""The OCI image: what is in it, and what it may and may not do when podman runs it."""
import json
import pathlib
import socket
import subprocess
import tarfile
import tempfile
import unittest
import urllib.request

from capability_sets import NOTHING, threads_of
from container import built_image, built_package
from network import free_port
from podman import Podman
from prometheus import Prometheus
from receivers import Receiver
from support import DEADLINE_S, SOURCE_DIR, Page, main, require_root, wait_until

MAX_BYTES = 40_000_000
NOBODY, ROOT = 65534, 0
SECCOMP = f"--security-opt=seccomp={SOURCE_DIR}/deploy/seccomp/connwatch.json"
NO_CAPABILITY = ["--cap-drop=all", "--read-only", "--network=host"]
CAPABILITIES = [*NO_CAPABILITY, "--cap-add=BPF,PERFMON"]
EVERY_NAMESPACE = "kernel_walk: on\npoll: {full: 1s}\n"
FILTERED = "2"  # linux/seccomp.h: SECCOMP_MODE_FILTER


class Connwatch:
    """A container with connwatchd, on a port of its own. Use as a context manager."""

    NAME = "connwatch"

    def __init__(self, podman, image, options, config):
        self._podman = podman
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        folder.chmod(0o755)
        (folder / "connwatch.yaml").write_text(config)
        self._command = ["run", "--detach", "--name", self.NAME, f"--volume={folder}:/etc/connwatch:ro",
                         *options, image, f"--web.listen-address=127.0.0.1:{self.port}"]

    def __enter__(self):
        self._podman.run(*self._command)
        try:
            wait_until(self._is_ready, "the daemon in the container is ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._podman.run("rm", "--force", "--time=0", self.NAME)
        self._folder.cleanup()

    def _is_ready(self):
        if self._podman.output("inspect", "--format={{.State.Running}}", self.NAME) != "true":
            raise AssertionError(f"connwatchd has ended: {self.log()}")
        try:
            return self.get("/-/ready") == "connwatch is ready.\n"
        except OSError:
            return False

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as reply:
            return reply.read().decode()

    def page(self):
        return Page(self.get("/metrics"))

    def log(self):
        return self._podman.log(self.NAME)

    def pid(self):
        return self._podman.pid(self.NAME)


class ImageContentsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_root()  # also to make the image
        cls.archive = built_image()
        with tarfile.open(cls.archive) as archive:
            read = lambda name: archive.extractfile(name).read()
            blob = lambda digest: read("blobs/" + digest.replace(":", "/"))
            cls.index = json.loads(read("index.json"))["manifests"][0]
            manifest = json.loads(blob(cls.index["digest"]))
            cls.config = json.loads(blob(manifest["config"]["digest"]))
            layers = manifest["layers"]
            assert len(layers) == 1
            layer = archive.extractfile("blobs/" + layers[0]["digest"].replace(":", "/"))
            with tarfile.open(fileobj=layer) as tree:
                cls.entries = {entry.name: entry for entry in tree.getmembers()}
                cls.release = tree.extractfile("etc/os-release").read().decode()

    def test_size(self):
        self.assertLess(self.archive.stat().st_size, MAX_BYTES)
        self.assertLess(sum(entry.size for entry in self.entries.values()), MAX_BYTES)

    def test_no_program_but_the_daemon(self):
        programs = {path for path, entry in self.entries.items()
                    if entry.isfile() and entry.mode & 0o111 and "/lib" not in f"/{path}"}
        self.assertEqual(programs, {"usr/sbin/connwatchd"})
        self.assertFalse([path for path, entry in self.entries.items() if entry.mode & 0o6022
                          and not entry.issym()], "setuid, or writable for others")

    def test_licences_and_packages(self):
        """So that scanners find them: in a system they know, one file for each package."""
        known = {pathlib.Path(path).name for path in self.entries
                 if path.startswith("var/lib/dpkg/status.d/")}
        self.assertLess({"libc6", "libstdc++6", "ca-certificates"}, known)
        for name in known | {"connwatch"}:
            self.assertIn(f"usr/share/doc/{name}/copyright", self.entries)
        self.assertRegex(self.release, "(?m)^ID=")

    def test_how_it_runs_by_itself(self):
        config = self.config["config"]
        self.assertEqual((config["User"], config["Entrypoint"], list(config["ExposedPorts"])),
                         ("65534", ["/usr/sbin/connwatchd"], ["10177/tcp"]))
        self.assertNotIn("Cmd", config)

    def test_labels(self):
        version = self.package_field("Version")
        labels = {name.rsplit(".", 1)[1]: text for name, text in self.config["config"]["Labels"].items()
                  if name.startswith("org.opencontainers.image.")}
        self.assertEqual(set(labels), {"title", "description", "version", "revision", "licenses",
                                       "created"})
        self.assertEqual((labels["title"], labels["version"]), ("connwatch", version))
        self.assertRegex(labels["revision"], r"^[0-9a-f]{12}")
        self.assertEqual(labels["created"], self.config["created"])
        self.assertEqual(self.config["os"], "linux")
        self.assertEqual(self.archive.name, f"connwatch-{version}.tar")

    @staticmethod
    def package_field(name):
        return subprocess.run(["dpkg-deb", "--field", built_package(), name], check=True,
                              capture_output=True, text=True).stdout.strip()

    def test_another_build_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([SOURCE_DIR / "tools/image", folder], check=True, capture_output=True)
            again = pathlib.Path(folder, self.archive.name)
            self.assertEqual(again.read_bytes(), self.archive.read_bytes())


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_root()
        cls.podman = cls.enterClassContext(Podman())
        loaded = cls.podman.output("load", "--quiet", "--input", built_image())
        cls.image = loaded.removeprefix("Loaded image: ")

    def connwatch(self, options, config="kernel_walk: auto\n"):
        return self.enterContext(Connwatch(self.podman, self.image, options, config))

    def start_web(self):
        """A container with a network namespace and a listener in it."""
        self.podman.start("web", "python3", "-m", "http.server")
        self.addCleanup(self.podman.run, "rm", "--force", "--time=0", "web")

    def check_that_it_sees_other_namespaces(self, connwatch):
        name = "connwatch_netns_tcp_sockets"

        def listeners():
            return [value for (metric, labels), value in connwatch.page().series.items()
                    if metric == name and ("state", "listen") in labels and value]
        wait_until(listeners, "the listener of the container")
        self.assertEqual(connwatch.page().get("connwatch_kernel_walk_in_use"), 1)
        self.assertEqual(connwatch.page().get("connwatch_handshake_tracing_in_use"), 1)

    def check_that_it_has_no_privileges(self, connwatch, user):
        threads = threads_of(connwatch.pid())
        self.assertGreater(len(threads), 1)
        for thread, privileges in threads.items():
            self.assertEqual(privileges, NOTHING, thread)
        status = pathlib.Path(f"/proc/{connwatch.pid()}/status").read_text()
        self.assertRegex(status, rf"(?m)^Uid:\t{user}\t{user}\t{user}\t{user}$")
        self.assertRegex(status, rf"(?m)^Seccomp:\t{FILTERED}$")

    def test_every_namespace_without_root_and_with_prometheus(self):
        self.start_web()
        connwatch = self.connwatch([*CAPABILITIES, SECCOMP], EVERY_NAMESPACE)
        self.check_that_it_sees_other_namespaces(connwatch)
        self.check_that_it_has_no_privileges(connwatch, NOBODY)
        with Prometheus(connwatch.port) as prometheus:
            listening = 'sum(connwatch_netns_tcp_sockets{state="listen"}) > 0'
            wait_until(lambda: prometheus.query(listening), "Prometheus has the container's listener")

    def test_every_namespace_as_root(self):
        """As with docker, which gives capabilities to no other user, and on Kubernetes."""
        self.start_web()
        connwatch = self.connwatch([*CAPABILITIES, SECCOMP, f"--user={ROOT}",
                                    "--security-opt=no-new-privileges"], EVERY_NAMESPACE)
        self.check_that_it_sees_other_namespaces(connwatch)
        self.check_that_it_has_no_privileges(connwatch, ROOT)

    def walk_status(self, connwatch):
        return json.loads(connwatch.get("/api/v1/status"))["kernel_walk"]

    def test_without_capabilities(self):
        """It serves, and says what is missing to whoever asks."""
        connwatch = self.connwatch([*NO_CAPABILITY, SECCOMP])
        self.check_that_it_has_no_privileges(connwatch, NOBODY)
        status = self.walk_status(connwatch)
        self.assertFalse(status["is_in_use"])
        self.assertRegex(status["reason"], "CAP_BPF")
        self.assertEqual(connwatch.page().get("connwatch_tcp_sockets", family="ipv4", state="listen"), 1)

    def test_a_profile_that_forbids_bpf(self):
        """Podman's own. The log says so, because somebody gave the capabilities."""
        connwatch = self.connwatch(CAPABILITIES)
        self.assertRegex(connwatch.log(), "reading sockets over inet_diag, .* a seccomp profile")

    def test_a_mistake_in_the_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            pathlib.Path(folder, "connwatch.yaml").write_text("nonsense: 1\n")
            done = self.podman.run("run", "--rm", *NO_CAPABILITY, SECCOMP,
                                   f"--volume={folder}:/etc/connwatch:ro", self.image, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/etc/connwatch/connwatch.yaml:1:1: nonsense: ", done.stderr)

    def test_names_of_hosts(self):
        """An Alertmanager may have a name, also one of /etc/hosts only."""
        receiver = self.enterContext(Receiver())
        self.connwatch([*NO_CAPABILITY, SECCOMP, "--add-host=alertmanager.example:127.0.0.1"],
                       f"alertmanagers: [{{url: 'http://alertmanager.example:{receiver.port}'}}]\n"
                       "alerts: [{name: Waiting, signal: listener_accept_queue_utilization, "
                       "above: 0%, for: 0s, severity: warning}]\n")
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.enterContext(socket.create_connection(listener.getsockname()))  # is not accepted
        wait_until(lambda: receiver.alerts("Waiting"), "the alert")


if __name__ == "__main__":
    main()
