"""The Debian packages in a real systemd: installed as the README says, run, broken, upgraded, purged."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import console
from container import Container, built_bpf_package, built_package, built_root
from support import SOURCE_DIR, Page, main, require_root, wait_until
from web_daemon import bcrypt, openssl

CONFIG = "/etc/connwatch/connwatch.yaml"
OLD_VERSION = "0.0.9"
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")


def root_commands(page, heading):
    """What that section of a page tells to type, as root."""
    return [command for command, _ in console.commands(console.section(page, heading))]


def shell_block(text):
    """The block of docs/web.md for a root shell that has this in it."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (SOURCE_DIR / "docs/web.md").read_text(),
                        re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if text in block)


def older(package, folder):
    """The same package with a lower version, as if it had been installed before."""
    tree = pathlib.Path(folder) / "older"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    config = tree / CONFIG.lstrip("/")
    config.write_text(config.read_text().replace("max_groups: 100", "max_groups: 90"))  # another default
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {OLD_VERSION}", control.read_text(),
                              flags=re.MULTILINE))
    result = pathlib.Path(folder) / "older.deb"
    subprocess.run(["dpkg-deb", "--build", tree, result], check=True, capture_output=True)
    shutil.rmtree(tree)
    return result


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_root()
        cls.package = built_package()
        cls.root = built_root()

    def setUp(self):
        self.files = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copy(self.package, self.files)
        shutil.copy(built_bpf_package(), self.files)
        older(self.package, self.files)
        self.container = self.enterContext(Container(self.root, self.files))

    def show(self, name):
        return self.container.output(f"systemctl show connwatch --value --property={name}")

    def page(self):
        return Page(self.container.output("curl --silent --fail localhost:10177/metrics"))

    def install(self):
        for command in root_commands("README.md", "Install"):
            self.container.run(command)

    def write_config(self, text):
        self.container.run(f"cat >{CONFIG} <<'END'\n{text}END")

    def journal(self, *options):
        return self.container.output("journalctl --unit=connwatch --output=cat " + " ".join(options))

    def restarts_after(self, what):
        pid = self.show("MainPID")
        what()
        wait_until(lambda: self.show("MainPID") not in (pid, "0")
                   and self.show("ActiveState") == "active", "it is up again")

    def test_installed_as_the_readme_says(self):
        self.install()
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.container.output("systemctl is-enabled connwatch"), "enabled")
        self.assertRegex(self.show("StatusText"), r"^\d+ sockets, \d+ listeners")
        with self.subTest("counts as ss has them"):
            listening = len(self.container.output("ss --tcp --listening --no-header").splitlines())
            page = self.page()
            self.assertEqual(listening, sum(
                page.get("connwatch_tcp_sockets", family=family, state="listen")
                for family in ("ipv4", "ipv6")))
            self.assertGreater(listening, 0)
        with self.subTest("stops by itself"):
            self.container.run("systemctl stop connwatch")
            self.assertEqual(self.show("Result"), "success")

    def status(self):
        """What the kernel says of each of the daemon's threads."""
        threads = self.container.output(f"cd /proc/{self.show('MainPID')}/task; "
                                        "for thread in *; do cat $thread/status; echo; done")
        return [dict(line.split(":\t", 1) for line in thread.splitlines())
                for thread in threads.split("\n\n")]

    def check_that_it_has_no_capability(self):
        threads = self.status()
        self.assertGreater(len(threads), 1)
        for status in threads:
            self.assertEqual({int(status[name], 16) for name in CAPABILITY_SETS}, {0}, status["Name"])

    def check_a_port_below_1024(self):
        """As docs/operations.md says."""
        drop_in = re.search(r"^```ini\n# systemctl edit connwatch\n(.*?)^```",
                            (SOURCE_DIR / "docs/operations.md").read_text(),
                            re.MULTILINE | re.DOTALL).group(1)
        self.container.run("mkdir /run/systemd/system/connwatch.service.d; "
                           f"cat >/run/systemd/system/connwatch.service.d/port.conf <<'END'\n{drop_in}END")
        self.container.run("echo OPTIONS=--web.listen-address=:80 >/etc/default/connwatch; "
                           "systemctl daemon-reload; systemctl restart connwatch")
        self.assertEqual(self.container.output("curl --silent localhost:80/-/healthy"),
                         "connwatch is healthy.")
        self.check_that_it_has_no_capability()

    def test_sandbox(self):
        self.install()
        self.check_that_it_has_no_capability()
        pid, status = self.show("MainPID"), self.status()[0]
        self.assertEqual(int(status["CapBnd"], 16), 0)
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        self.assertNotIn("0", status["Uid"].split())
        options = {}  # of the mount on top, where there are several
        for line in self.container.output(f"cat /proc/{pid}/mountinfo").splitlines():
            options[line.split()[4]] = line.split()[5].split(",")
        writable = {path for path, flags in options.items()
                    if "ro" not in flags and not path.startswith("/run/host/")}  # the container's
        self.assertEqual(writable, {"/proc", "/dev/pts", "/dev/hugepages",
                                    "/var/lib/private/connwatch"})
        for folder in ("/", "/dev/hugepages", "/etc", "/run", "/tmp", "/var/tmp"):
            with self.subTest(folder=folder):
                self.assertNotEqual(self.container.run(
                    f"nsenter --target {pid} --mount -- setpriv --clear-groups --reuid "
                    f"{status['Uid'].split()[0]} touch {folder}/file", check=False).returncode, 0)
        with self.subTest("a port below 1024"):
            self.check_a_port_below_1024()

    def reloads(self):
        """Returns whether `systemctl reload` succeeds. The daemon has got its signal in either case."""
        return self.container.run("systemctl reload connwatch", check=False).returncode == 0

    def last_reload_successful(self):
        return self.page().get("connwatch_config_last_reload_successful")

    def full_interval(self):
        return self.page().get("connwatch_poll_interval_seconds", tier="full")

    def check_that_a_broken_file_fails_the_reload(self, break_it, mistake):
        pid, reloaded = self.show("MainPID"), self.journal().count("configuration reloaded")
        break_it()
        self.assertFalse(self.reloads())
        wait_until(lambda: self.last_reload_successful() == 0, "the page says it")
        self.assertIn(mistake, self.journal("--priority=err", "--identifier=connwatchd"))
        self.assertIn(mistake, self.container.run("systemctl status --full connwatch", check=False).stdout)
        self.assertEqual((self.show("ActiveState"), self.show("SubState"), self.show("MainPID")),
                         ("active", "running", pid))
        self.assertEqual(self.full_interval(), 5, "the configuration loaded before is in force")
        self.assertEqual(self.journal().count("configuration reloaded"), reloaded)

    def check_that_it_reloads(self, config, interval):
        self.write_config(config)
        self.assertTrue(self.reloads())
        wait_until(lambda: self.full_interval() == interval, "the interval is in force")
        wait_until(lambda: self.last_reload_successful() == 1, "the page says it")

    def test_reload(self):
        self.install()
        self.check_that_it_reloads("poll: {full: 5s}\n", 5)
        self.assertNotIn(": good", self.journal(), "what the check says if all is well is of no use")
        with self.subTest("a broken configuration"):
            self.check_that_a_broken_file_fails_the_reload(
                lambda: self.write_config("poll: {full: 10}\n"), f"{CONFIG}:1:14: poll.full: ")
        with self.subTest("repaired"):
            self.check_that_it_reloads("poll: {full: 5s}\nlog: {level: debug}\n", 5)
        with self.subTest("a broken web configuration"):
            self.container.run("cp /etc/connwatch/web.yml /tmp/web.yml")
            self.check_that_a_broken_file_fails_the_reload(
                lambda: self.container.run("echo nonsense: 1 >/etc/connwatch/web.yml"),
                "/etc/connwatch/web.yml:1:1: nonsense: ")
            self.container.run("cp /tmp/web.yml /etc/connwatch/web.yml")
        with self.subTest("options of the service count"):
            self.container.run("echo 'max_groups: 0' >/etc/connwatch/other.yaml; "
                               "echo OPTIONS=--config.file /etc/connwatch/other.yaml >/etc/default/connwatch")
            self.assertFalse(self.reloads())
            self.assertIn("/etc/connwatch/other.yaml:1:13: max_groups: ", self.journal("--priority=err"))
        with self.subTest("all is commented out"):
            self.container.run("rm /etc/default/connwatch; "
                               "sed -i 's/^/# /' /etc/connwatch/connwatch.yaml /etc/connwatch/web.yml")
            self.assertTrue(self.reloads())
            wait_until(lambda: self.full_interval() == 10, "the default is in force")
            self.container.run("systemctl restart connwatch")
            self.assertEqual(self.show("ActiveState"), "active")

    def test_a_broken_configuration(self):
        self.install()
        self.write_config("nonsense: 1\n")
        self.assertNotEqual(self.container.run("systemctl restart connwatch", check=False).returncode, 0)
        self.assertEqual(self.show("ExecMainStatus"), "2")
        self.assertEqual((self.show("ActiveState"), self.show("NRestarts")), ("failed", "0"))
        self.assertIn(f"{CONFIG}:1:1: nonsense: ", self.journal("--priority=err"))

    def test_it_comes_back(self):
        self.install()
        self.container.run("mkdir /run/systemd/system/connwatch.service.d; printf "
                           "'[Service]\\nWatchdogSec=2s\\n' "
                           ">/run/systemd/system/connwatch.service.d/watchdog.conf; "
                           "systemctl daemon-reload; systemctl restart connwatch")
        for signal in ("SEGV", "STOP"):
            with self.subTest(signal=signal):
                self.restarts_after(lambda signal=signal: self.container.run(
                    f"systemctl kill --kill-whom=main --signal={signal} connwatch"))

    def walk_in_use(self):
        return self.page().get("connwatch_kernel_walk_in_use")

    def namespace_names(self):
        return {dict(labels)["netns"] for name, labels in self.page().series
                if name == "connwatch_netns_info"}

    def install_permission_to_walk(self):
        for command in root_commands("docs/operations.md", "Seeing every network namespace"):
            self.container.run(command)

    def incidents(self):
        """{how they ended: ids}; None for those that go on."""
        answer = json.loads(self.container.output(
            "curl --silent --fail 'localhost:10177/api/v1/incidents?limit=1000'"))
        self.assertTrue(answer["is_persistent"], self.journal())
        found = {}
        for incident in answer["incidents"]:
            found.setdefault(incident["end"], set()).add(incident["id"])
        return found

    def test_incidents_are_kept(self):
        self.install()
        # Fires for each listener there is, the daemon's own included.
        self.write_config("alerts: [{name: Fires, signal: listener_syn_queue, below: 1000000}]\n")
        self.container.run("systemctl restart connwatch")
        begun = wait_until(lambda: self.incidents().get(None), "incidents go on")
        self.container.run("systemctl restart connwatch")
        wait_until(lambda: begun <= self.incidents().get("daemon_stopped", set()), "they were ended")
        begun = wait_until(lambda: self.incidents().get(None), "they fire again")
        self.restarts_after(lambda: self.container.run("systemctl kill --signal=KILL connwatch"))
        wait_until(lambda: begun <= self.incidents().get("daemon_ended", set()),
                   "they ended with the daemon")
        self.container.run("test -s /var/lib/connwatch/incidents.db")

    def test_with_the_permission_to_walk_the_kernels_table(self):
        self.install()
        self.restarts_after(self.install_permission_to_walk)
        wait_until(lambda: self.walk_in_use() == 1, "the walk is in use")
        with self.subTest("sandbox"):
            self.check_that_it_has_no_capability()
            self.container.run("systemd-analyze security --threshold=15 connwatch")
            peak_kb = int(self.status()[0]["VmHWM"].split()[0])  # libbpf needs most, at the start
            self.assertLess(peak_kb * 1024, int(self.show("MemoryMax")) // 2)
        with self.subTest("reload"):
            self.write_config("log: {level: debug}\n")
            self.container.run("systemctl reload connwatch")
            wait_until(lambda: "configuration reloaded" in self.journal(), "the reload")
            self.assertEqual(self.walk_in_use(), 1)
        with self.subTest("names of namespaces that are made while it runs"):
            self.container.run("ip netns add blue")
            wait_until(lambda: "blue" in self.namespace_names(), "the name")
        with self.subTest("names of namespaces that were there before"):
            self.container.run("systemctl restart connwatch")
            wait_until(lambda: "blue" in self.namespace_names(), "the name")
        with self.subTest("it comes back"):
            self.restarts_after(lambda: self.container.run(
                "systemctl kill --kill-whom=main --signal=ABRT connwatch"))
            wait_until(lambda: self.walk_in_use() == 1, "the walk is in use again")
        with self.subTest("removed"):
            self.restarts_after(lambda: self.container.run("apt-get remove --yes connwatch-bpf"))
            wait_until(lambda: self.walk_in_use() == 0, "it goes on without")
            self.assertEqual(int(self.status()[0]["CapBnd"], 16), 0)
        with self.subTest("a service that does not run stays so"):
            self.container.run("systemctl stop connwatch")
            self.install_permission_to_walk()
            self.assertEqual(self.show("ActiveState"), "inactive")
        with self.subTest("beside the permission for a port below 1024"):
            self.check_a_port_below_1024()
            page = Page(self.container.output("curl --silent --fail localhost:80/metrics"))
            self.assertEqual(page.get("connwatch_kernel_walk_in_use"), 1)
            self.assertEqual(page.get("connwatch_handshake_tracing_in_use"), 1)

    def test_socket_activation(self):
        self.install()
        self.container.run(shell_block("connwatch.socket"))
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertIn("connwatch_build_info", self.page().names())
        wait_until(lambda: self.show("ActiveState") == "active", "it is up")
        with self.subTest("a reload"):
            self.check_that_it_reloads("poll: {full: 5s}\n", 5)
            self.check_that_a_broken_file_fails_the_reload(
                lambda: self.write_config("poll: {full: 10}\n"), f"{CONFIG}:1:14: poll.full: ")
            self.write_config("poll: {full: 5s}\n")
        with self.subTest("a restart refuses nobody"):
            self.container.run("systemctl restart --no-block connwatch")
            self.page()

    def test_https_and_a_unix_socket(self):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", self.files / "server.key", "-out", self.files / "server.crt")
        (self.files / "web.yml").write_text(
            "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
            f"basic_auth_users: {{prometheus: '{bcrypt('change me')}'}}\n")
        self.install()
        self.assertEqual(self.container.output(shell_block("SupplementaryGroups")),
                         "connwatch is healthy.")
        ask = ("curl --silent --cacert /etc/connwatch/server.crt --output /dev/null "
               "--write-out '%{http_code}' --unix-socket /run/connwatch/connwatch.sock "
               "https://localhost/metrics")
        self.assertEqual(self.container.output(ask), "401")
        self.assertEqual(self.container.output(f"{ask} --user 'prometheus:change me'"), "200")

    def test_an_upgrade_keeps_what_was_edited(self):
        self.container.run("apt-get install --yes ./older.deb")
        self.write_config("max_groups: 7  # edited\n")
        self.restarts_after(lambda: self.container.run(
            "apt-get install --yes -o Dpkg::Options::=--force-confold ./connwatch_*.deb"))
        self.assertEqual(self.container.output(f"cat {CONFIG}"), "max_groups: 7  # edited")

    def test_purge_leaves_nothing(self):
        def files():
            return set(self.container.output(
                "find / -xdev -not -path '/var/log/*' -not -path '/var/cache/*' "
                "-not -path '/var/lib/dpkg/*' -not -path '/var/lib/apt/*' -not -path '/tmp/*' "
                "-not -path '/var/tmp/*'").splitlines())
        before = files()
        self.install()
        self.assertGreater(len(files() - before), 10)
        self.container.run("apt-get remove --yes connwatch")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.container.run(f"test -e {CONFIG}")
        self.container.run("apt-get purge --yes connwatch")
        self.assertEqual(files() - before, set())


if __name__ == "__main__":
    main()
