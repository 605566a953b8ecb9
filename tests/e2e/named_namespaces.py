"""Network namespaces with names in /run/netns, as containers and `ip netns` have them."""
import contextlib
import os
import pathlib
import subprocess

import network


class NamedNamespaces(contextlib.ExitStack):
    """Makes them, and removes them at the end of the with block. `prefix` begins all their names."""

    def __init__(self, prefix="cw"):
        super().__init__()
        self._prefix = f"{prefix}-{os.getpid()}-"
        self._handles = {}

    def add(self, label):
        """The name of a new one, whose settings are those of tests."""
        name = self._prefix + label
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.callback(self._remove, name)
        self._handles[name] = os.open(pathlib.Path("/run/netns", name), os.O_RDONLY | os.O_CLOEXEC)
        with self.inside(name):
            network.apply_settings()
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return name

    def inside(self, name):
        """This thread is in the namespace until the end of the with block."""
        return network.inside(self._handles[name])

    def remove(self, name):
        """At once. Sockets that are left keep the namespace itself alive."""
        os.close(self._handles.pop(name))
        subprocess.run(["ip", "netns", "delete", name], check=True)

    def _remove(self, name):
        if name in self._handles:
            self.remove(name)
