"""A real Prometheus that scrapes one daemon."""
import json
import pathlib
import subprocess
import tempfile
import urllib.parse
import urllib.request

from network import free_port
from support import DEADLINE_S, find_tool

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: connwatch
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus:
    """Use as a context manager. `job` are further lines of the scrape configuration."""

    def __init__(self, port, job=""):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        lines = "".join(f"    {line}\n" for line in job.splitlines())
        (folder / "prometheus.yml").write_text(CONFIG.format(port=port) + lines)
        self.port = free_port()
        self.process = subprocess.Popen(
            [find_tool("prometheus"), f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.folder.cleanup()

    def query(self, expression):
        """The values of an instant query; none while Prometheus does not answer."""
        data = self._get(f"query?query={urllib.parse.quote(expression)}")
        return [series["value"][1] for series in data["result"]] if data else []

    def metadata(self, metric):
        """What the target says of it: {"type", "help", "unit"}; None while nothing is known."""
        data = self._get(f"targets/metadata?metric={metric}")
        return data[0] if data else None

    def _get(self, path):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        try:
            with urllib.request.urlopen(url, timeout=DEADLINE_S) as reply:
                return json.load(reply)["data"]
        except OSError:
            return None
