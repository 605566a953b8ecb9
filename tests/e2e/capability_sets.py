"""What the kernel says of the privileges of a process."""
import pathlib

NOTHING = {**dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb"), "0" * 16), "NoNewPrivs": "1"}


def threads_of(pid):
    """{thread: its privileges}, which are NOTHING where it has none and can get none."""
    def privileges(status):
        fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines()
                      if ":\t" in line)
        return {name: fields[name] for name in NOTHING}
    return {status.parent.name: privileges(status)
            for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status")}
