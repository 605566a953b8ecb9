"""The Debian packages can be built again, byte by byte."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from container import built_bpf_package, built_package
from support import SOURCE_DIR, main


class PackageRebuildTest(unittest.TestCase):
    def test_a_second_build_elsewhere_gives_the_same_bytes(self):
        packages = [built_package(), built_bpf_package()]
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "elsewhere"
            shutil.copytree(SOURCE_DIR, copy, ignore=lambda folder, _: (
                ["build"] if pathlib.Path(folder) == SOURCE_DIR else []))
            made = subprocess.run([copy / "tools/package"], check=True, capture_output=True, text=True)
            again = [copy / relative for relative in made.stdout.splitlines()]
            self.assertEqual([package.name for package in again],
                             [package.name for package in packages])
            for one, other in zip(again, packages):
                self.assertEqual(one.read_bytes(), other.read_bytes(), one.name)


if __name__ == "__main__":
    main()
