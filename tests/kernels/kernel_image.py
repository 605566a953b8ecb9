"""Debian's kernels that tools/install-deps unpacked: the image to boot and its modules."""
import lzma
import os
import pathlib
import platform
import re
import unittest

from support import SOURCE_DIR, cannot_run

SERIES = ("6.1", "6.12")


def cannot_boot(reason):
    """As support.cannot_run, where the kernels are packages of the system; elsewhere skips."""
    system = platform.freedesktop_os_release()
    if (system["ID"], system.get("VERSION_ID"), platform.machine()) == ("debian", "12", "x86_64"):
        cannot_run(f"{reason}: tools/install-deps kernels installs it")
    raise unittest.SkipTest(f"{reason}, and only Debian 12 on x86_64 has the packages")


def folder_of(series):
    testtools = os.environ.get("CONNWATCH_TESTTOOLS") or SOURCE_DIR / "build/testtools"
    return pathlib.Path(testtools) / "kernels" / series


class KernelImage:
    """One unpacked kernel package. Raises SkipTest where there is none."""

    def __init__(self, series):
        folder = folder_of(series)
        images = sorted(folder.glob("boot/vmlinuz-*"))
        if not images:
            cannot_boot(f"there is no kernel in {folder}")
        self.path = images[-1]
        self.release = self.path.name.removeprefix("vmlinuz-")
        self._files = {file.name.partition(".ko")[0].replace("-", "_"): file
                       for file in folder.glob("lib/modules/*/kernel/**/*.ko*")}

    def modules(self, names):
        """[(name, bytes)] of these and of what they need, in the order to load them."""
        found = {}
        for name in names:
            self._add(name, found)
        return list(found.items())

    def _add(self, name, found):
        if name in found:
            return
        content = self._files[name].read_bytes()
        if self._files[name].suffix == ".xz":
            content = lzma.decompress(content)
        # kernel: MODULE_INFO(depends, ...), strings of the section .modinfo that end with a 0.
        needed = re.search(rb"\0depends=([^\0]*)\0", content)[1].decode()
        for other in filter(None, needed.split(",")):
            self._add(other.replace("-", "_"), found)
        found[name] = content
