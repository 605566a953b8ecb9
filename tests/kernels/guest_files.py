"""What a guest has in its first file system: the daemon, Python, the programs that tests call, the
tests, and the modules of its kernel."""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import support
from initramfs import Initramfs
from kernel_image import cannot_boot

GUEST = pathlib.Path("/guest")
PROGRAMS = ("ip", "ss", "nft")
BUSYBOX = "/bin/busybox"
MODULES = ("tcp_diag", "veth", "nlmon", "nf_tables", "nft_limit", "nft_reject_inet")
# They name the fields and the counters that tests look for.
SOURCES = ("netlink/details_message.cc", "core/kernel/kernel_stats.h")
# Parts of the standard library that no test uses, by folder, and other names by their ends.
LEFT_OUT = ("test", "tests", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtledemo",
            "pydoc_data", "distutils", "site-packages", "dist-packages", ".a", ".opt-1.pyc",
            ".opt-2.pyc")
# What changes how a daemon with sanitizers runs, and what makes a gap in the tests a failure.
INHERITED = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "CI")


def files_for_any_kernel(test_names):
    """The archive's bytes."""
    archive = Initramfs()
    for folder in ("/proc", "/sys", "/dev", "/tmp"):
        archive.add_folder(folder)
    add_programs(archive)
    add_built(archive, support.CONNWATCHD)
    add_built(archive, pathlib.Path(support.CONNWATCHD).with_name("compare_walk"))
    add_python(archive)
    add_tests(archive, test_names)
    return archive.bytes()


def modules_for(kernel):
    """Likewise, to stand behind the other one."""
    archive = Initramfs()
    modules = kernel.modules(MODULES)
    for name, content in modules:
        archive.add(GUEST / "modules" / name, content)
    archive.add(GUEST / "modules/order", "".join(f"{name}\n" for name, _ in modules).encode())
    return archive.bytes()


def add_programs(archive):
    if not pathlib.Path(BUSYBOX).exists():
        cannot_boot(f"there is no {BUSYBOX}")
    archive.add_file(BUSYBOX)
    for name in PROGRAMS:
        program = support.find_tool(name)
        archive.add_program(program, f"/usr/bin/{name}")
    if os.path.exists("/etc/ld.so.cache"):
        archive.add_file("/etc/ld.so.cache")


def add_built(archive, program):
    """A program of ours, without what only a debugger reads, most of its size."""
    with tempfile.NamedTemporaryFile() as stripped:
        strip = shutil.which("strip") or cannot_boot("there is no strip")
        subprocess.run([strip, "--strip-debug", "-o", stripped.name, program], check=True)
        os.chmod(stripped.name, 0o755)
        archive.add_program(stripped.name, GUEST / pathlib.Path(program).name)


def add_python(archive):
    """The one that runs this."""
    archive.add_program(os.path.realpath(sys.executable))
    folder = pathlib.Path(sysconfig.get_path("platstdlib"))
    config = pathlib.Path(sysconfig.get_config_var("LIBPL") or "config").name  # for C programs
    archive.add_tree(folder, left_out=(*LEFT_OUT, config))
    archive.add_libraries(*sorted(folder.glob("lib-dynload/*.so")))


def add_tests(archive, test_names):
    folder = support.SOURCE_DIR / "tests"
    archive.add_file(folder / "kernels/init", "/init")
    for file in [*folder.glob("e2e/*.py"), *folder.glob("kernels/*.py")]:
        archive.add_file(file, GUEST / file.relative_to(support.SOURCE_DIR))
    for name in SOURCES:
        archive.add_file(support.SOURCE_DIR / name, GUEST / name)
    archive.add(GUEST / "names", "".join(f"{name}\n" for name in test_names).encode())
    archive.add(GUEST / "environment", environment().encode())


def environment():
    """For a shell to read."""
    tests = GUEST / "tests"
    values = {"PATH": "/usr/bin", "HOME": "/tmp", "CONNWATCHD": str(GUEST / "connwatchd"),
              "PYTHON": os.path.realpath(sys.executable),
              "PYTHONPATH": f"{tests}/e2e:{tests}/kernels"}
    values |= {name: os.environ[name] for name in INHERITED if name in os.environ}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())
