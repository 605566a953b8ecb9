"""A virtual machine that boots a kernel, runs the tests in its first file system and powers off."""
import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

from kernel_image import cannot_boot

DEADLINE_S = 600  # for all that a guest does
KVM_DEADLINE_S = 5  # for a boot
KERNEL_OPTIONS = "console=ttyS0 quiet panic=-1 mitigations=off norandmaps"
# One processor where it is emulated: with two, QEMU 7.2 breaks the code that a kernel changes while
# it runs.
ACCELERATORS = {"kvm": ("-accel", "kvm", "-cpu", "host", "-smp", "2"),
                "tcg": ("-accel", "tcg", "-cpu", "max,la57=off", "-smp", "1")}


@dataclasses.dataclass(frozen=True)
class Outcome:
    results: dict  # {test: {"outcome": "passed", "failed" or "skipped", "text", "seconds"}}
    console: str
    seconds: float


def qemu():
    return shutil.which("qemu-system-x86_64") or cannot_boot("there is no qemu-system-x86_64")


def command(accelerator, kernel, *options):
    return [qemu(), "-machine", "q35", *ACCELERATORS[accelerator], "-m", "2048", "-nodefaults",
            "-no-user-config", "-display", "none", "-no-reboot", "-kernel", str(kernel.path),
            "-append", KERNEL_OPTIONS, *options]


def find_accelerator(kernel):
    """KVM where it works, which its device alone does not tell. A kernel without a file system ends
    at once, and so does its machine."""
    try:
        probe = subprocess.run(command("kvm", kernel), stdin=subprocess.DEVNULL,
                               capture_output=True, timeout=KVM_DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        return "tcg"
    return "kvm" if probe.returncode == 0 else "tcg"


def run_guest(kernel, accelerator, first_files):
    """`first_files` are the bytes of archives as initramfs.py makes them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: pathlib.Path(folder) / name for name in ("initramfs", "console", "results")}
        paths["initramfs"].write_bytes(first_files)
        begin = time.monotonic()
        machine = subprocess.Popen(
            command(accelerator, kernel, "-initrd", str(paths["initramfs"]),
                    "-serial", f"file:{paths['console']}", "-serial", f"file:{paths['results']}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        ending = wait_for_end(machine)
        seconds = time.monotonic() - begin
        console = paths["console"].read_text(errors="replace") if paths["console"].exists() else ""
        results = results_in(paths["results"])
    return Outcome(results, console + ending, seconds)


def wait_for_end(machine):
    """What QEMU says about it."""
    try:
        return machine.communicate(timeout=DEADLINE_S)[0]
    except subprocess.TimeoutExpired:
        return f"The guest was stopped after {DEADLINE_S} s.\n"
    finally:
        machine.kill()
        machine.wait()
        machine.stdout.close()


def results_in(path):
    """Of the lines that arrived whole."""
    lines = path.read_text(errors="replace").splitlines(keepends=True) if path.exists() else []
    results = [json.loads(line) for line in lines if line.endswith("\n")]
    return {result.pop("name"): result for result in results}
