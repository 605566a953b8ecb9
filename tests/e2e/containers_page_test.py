"""docs/containers.md, followed as written: docker's commands with podman, systemd's not at all."""
import json
import os
import pathlib
import re
import subprocess
import unittest
import urllib.request

import console
from container import built_image, built_package
from podman import Podman
from support import DEADLINE_S, SOURCE_DIR, main, require_root, wait_until

PAGE = "docs/containers.md"


def quadlet_options(key, value):
    """The options of podman run for a line of a quadlet."""
    with_value = {"ContainerName": "name", "Network": "network", "User": "user", "Volume": "volume",
                  "DropCapability": "cap-drop", "AddCapability": "cap-add",
                  "SeccompProfile": "security-opt=seccomp"}
    if key in with_value:
        return [f"{with_value[key]}={word}" for word in value.split()]
    return {"PodmanArgs": [value.removeprefix("--")], "Image": [], "ReadOnly": ["read-only"],
            "Notify": ["sdnotify=container"], "NoNewPrivileges": ["security-opt=no-new-privileges"]}[key]


class ContainersPageTest(unittest.TestCase):
    def setUp(self):
        require_root()
        self.podman = self.enterContext(Podman())
        for folder in ("/etc/systemd/system", "/var/lib/docker/containers", "/run/docker/netns"):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        self.archive = built_image()  # its name has the version, which the page must have too

    def follow(self, text):
        """Types the commands. What the page shows of their output must be what they print."""
        for command, shown in console.commands(text):
            if command.startswith("systemctl "):
                continue
            done = subprocess.run(["bash", "-c", command], cwd=SOURCE_DIR, capture_output=True, text=True,
                                  env=self.podman.environment, timeout=DEADLINE_S, check=False)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
            if shown:
                self.assertEqual(done.stdout.splitlines(), shown, command)

    def test_the_image(self):
        shown = [line for _, lines in console.commands(console.section(PAGE, "The image"))
                 for line in lines]
        self.assertEqual(shown[-1], str(self.archive.relative_to(SOURCE_DIR)))
        self.assertEqual(shown[0], str(built_package().relative_to(SOURCE_DIR)))

    def test_podman(self):
        text = console.section(PAGE, "Run it with podman")
        head, tail = text.split("**As a service of systemd**")
        self.follow(head.split("After a change of the configuration")[0])
        log = self.podman.log("connwatch")
        self.assertIn(re.search(r"The log says `([^`]+)`", text)[1], log)
        self.follow(console.section(PAGE, "Is it healthy?"))
        self.check_that_names_of_later_namespaces_are_seen()
        self.check_that_containers_are_named()
        self.follow("After" + head.split("After a change of the configuration")[1])
        wait_until(lambda: "configuration reloaded" in self.podman.log("connwatch"), "the reload")
        self.follow(tail)
        unit = pathlib.Path("/etc/systemd/system/container-connwatch.service").read_text()
        self.assertIn("Type=notify", unit)
        self.check_the_quadlet(console.blocks(tail, "ini")[0], unit)

    def check_that_names_of_later_namespaces_are_seen(self):
        """Those of containers with podman's bridge. The files are the namespaces themselves."""
        self.podman.start("web", "sleep", "infinity")
        namespace = os.stat(f"/proc/{self.podman.pid('web')}/ns/net").st_ino
        names = pathlib.Path(f"/proc/{self.podman.pid('connwatch')}/root/host/run/netns")
        self.assertIn(namespace, [path.stat().st_ino for path in names.iterdir()])

    def check_that_containers_are_named(self):
        self.podman.start("shop", "/usr/bin/python3", "-c",
                          "import socket, time; s = socket.create_server(('', 80)); time.sleep(600)")

        def units():
            with urllib.request.urlopen("http://localhost:10177/api/v1/namespaces?limit=1000") as answer:
                listed = json.load(answer)["namespaces"]
            return {one["netns"]: one["unit"] for one in listed}
        wait_until(lambda: units().get("podman/shop") == "podman/shop", "the container is named")

    def check_the_quadlet(self, quadlet, unit):
        """It has the options of the unit that podman itself has made of the command."""
        command = re.search(r"^ExecStart=\S+ run (.*) \S+\n^ExecStop=", unit, re.M | re.S)[1]
        words = re.split(r"\s--", command.replace("\\\n", " "))[1:]
        given = {word.strip().replace(" ", "=", 1) for word in words}
        lines = re.search(r"^\[Container\]\n(.*?)\n\n", quadlet, re.M | re.S)[1].splitlines()
        wanted = {option for line in lines for option in quadlet_options(*line.split("=", 1))}
        self.assertEqual(wanted, given - {"cidfile=%t/%n.ctr-id", "cgroups=no-conmon", "rm", "replace",
                                          "detach"})

    def test_docker(self):
        text = console.section(PAGE, "Run it with docker")
        self.follow(re.sub(r"^# docker ", "# podman ", text, flags=re.M))


if __name__ == "__main__":
    main()
