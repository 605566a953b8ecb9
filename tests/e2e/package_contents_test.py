"""What is in the Debian packages, without installing them."""
import gzip
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from container import built_bpf_package, built_package
from support import SOURCE_DIR, find_tool, main


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class PackageContentsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = built_package()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.tree = pathlib.Path(folder)
        output("dpkg-deb", "--extract", cls.package, folder)
        cls.binary = cls.tree / "usr/sbin/connwatchd"

    def test_name_and_version(self):
        version = output(self.binary, "--version").split()[1]
        architecture = output("dpkg", "--print-architecture").strip()
        self.assertEqual(self.package.name, f"connwatch_{version}_{architecture}.deb")

    def test_the_binary_is_hardened(self):
        headers = output("readelf", "--wide", "--file-header", "--program-headers", "--dynamic",
                         "--notes", self.binary)
        self.assertRegex(headers, r"Type: +DYN \(Position-Independent Executable")
        self.assertIn("GNU_RELRO", headers)
        self.assertRegex(headers, r"FLAGS_1.*NOW.*PIE")
        self.assertRegex(headers, r"GNU_STACK.* RW ")
        self.assertNotRegex(headers, r"RPATH|RUNPATH|TEXTREL")
        self.assertRegex(headers, r"x86 feature:.*SHSTK")
        commands = (SOURCE_DIR / "build/package/compile_commands.json").read_text()
        self.assertEqual(commands.count("_FORTIFY_SOURCE=3"), commands.count('"command"'))
        symbols = output("readelf", "--wide", "--dyn-syms", self.binary)
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"__\w+_chk@")
        self.assertIn("endbr64", output("objdump", "--disassemble", "--section=.text", self.binary))

    def test_no_path_of_the_machine_that_built_it(self):
        self.assertFalse(os.fsencode(SOURCE_DIR) in self.binary.read_bytes())

    def test_configuration_files(self):
        self.assertEqual(output("dpkg-deb", "--info", self.package, "conffiles").split(),
                         ["/etc/connwatch/connwatch.yaml", "/etc/connwatch/web.yml"])
        for name in ("connwatch.yaml", "web.yml"):
            self.assertEqual((self.tree / "etc/connwatch" / name).read_text(),
                             (SOURCE_DIR / "config" / name).read_text())

    def test_libraries_are_depended_on(self):
        depends = output("dpkg-deb", "--field", self.package, "Depends")
        for library in ("libc6", "libmnl0", "libmicrohttpd12", "libsystemd0", "libcurl",
                        "libgnutls30", "libcrypt1"):
            self.assertIn(library, depends)

    def test_manual_pages_name_every_option(self):
        options = set(re.findall(r"--[a-z][a-z.-]+", output(self.binary, "--help")))
        page = self.manual("connwatchd.8")
        self.assertEqual(options - set(re.findall(r"--[a-z][a-z.-]+", page)), set())

    def test_manual_pages_have_the_whole_configuration(self):
        page = self.manual("connwatch.yaml.5").splitlines()
        for line in (SOURCE_DIR / "config/connwatch.yaml").read_text().splitlines():
            self.assertIn(line, page)

    def manual(self, name):
        """As man shows it, without indentation."""
        path = self.tree / f"usr/share/man/man{name[-1]}/{name}.gz"
        text = output(find_tool("groff"), "-man", "-Tascii", "-P-cbou", "-rLL=300n", "-ww",
                      input=gzip.decompress(path.read_bytes()).decode())
        indentation = min((len(line) - len(line.lstrip()) for line in text.splitlines()
                           if line.startswith(" ")), default=0)
        return "\n".join(line[indentation:] for line in text.splitlines())

    def test_completion(self):
        script = self.tree / "usr/share/bash-completion/completions/connwatchd"
        replies = output("bash", "-c", f". {script}; COMP_WORDS=({self.binary} --log.l) COMP_CWORD=1; "
                                       "_connwatchd; echo ${COMPREPLY[*]}")
        self.assertEqual(replies.strip(), "--log.level")

    def test_the_unit_exposes_little(self):
        check_exposure(self, self.tree, "13")


class BpfPackageContentsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = built_bpf_package()

    def field(self, name):
        return output("dpkg-deb", "--field", self.package, name).strip()

    def test_it_needs_exactly_this_connwatch(self):
        version = output("dpkg-deb", "--field", built_package(), "Version").strip()
        self.assertEqual(self.package.name, f"connwatch-bpf_{version}_all.deb")
        self.assertEqual(self.field("Depends"), f"connwatch (= {version})")

    def test_it_holds_nothing_but_permissions(self):
        files = [line.split()[-1] for line in output("dpkg-deb", "--contents", self.package).splitlines()
                 if not line.startswith("d")]
        self.assertEqual(sorted(files), [
            "./usr/lib/systemd/system/connwatch.service.d/50-bpf.conf",
            "./usr/share/doc/connwatch-bpf/changelog.gz",
            "./usr/share/doc/connwatch-bpf/copyright"])

    def test_the_unit_still_exposes_little(self):
        with tempfile.TemporaryDirectory() as tree:
            for package in (built_package(), self.package):
                output("dpkg-deb", "--extract", package, tree)
            check_exposure(self, tree, "15")


class LintianTest(unittest.TestCase):
    def test_lintian_finds_nothing(self):
        found = subprocess.run(
            [find_tool("lintian"), "--allow-root", "--fail-on=error,warning", built_package(),
             built_bpf_package()], capture_output=True, text=True, check=False)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)


def check_exposure(test, tree, threshold):
    """That `systemd-analyze security` does not give the unit more than a tenth of this."""
    rating = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}",
         f"--root={tree}", "connwatch.service"], capture_output=True, text=True, check=False)
    test.assertEqual(rating.returncode, 0, rating.stdout + rating.stderr)


if __name__ == "__main__":
    main()
