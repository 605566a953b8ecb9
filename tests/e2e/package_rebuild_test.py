"""The Debian package can be built again, byte by byte."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from container import built_package
from support import SOURCE_DIR, main


class PackageRebuildTest(unittest.TestCase):
    def test_a_second_build_elsewhere_gives_the_same_bytes(self):
        package = built_package()
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "elsewhere"
            shutil.copytree(SOURCE_DIR, copy, ignore=lambda folder, _: (
                ["build"] if pathlib.Path(folder) == SOURCE_DIR else []))
            made = subprocess.run([copy / "tools/package"], check=True, capture_output=True, text=True)
            relative = made.stdout.splitlines()[-1]
            self.assertEqual((copy / relative).read_bytes(), package.read_bytes())


if __name__ == "__main__":
    main()
