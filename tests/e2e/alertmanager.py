"""A real Alertmanager, alone, and what it is asked."""
import json
import pathlib
import re
import subprocess
import tempfile
import urllib.request

from network import free_port
from support import DEADLINE_S, SOURCE_DIR, command_of_alertmanager, find_tool, wait_until

SHIPPED = SOURCE_DIR / "dashboards/prometheus/alertmanager.yml"
NOBODY = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def shipped_config(webhook, **times):
    """The shipped configuration, with every receiver at the URL `webhook`, and other times
    (group_interval="1s")."""
    text = re.sub(r"- name: (\w+)\n", rf"- name: \1\n    webhook_configs: [{{url: {webhook}}}]\n",
                  SHIPPED.read_text())
    for name, value in times.items():
        assert f"{name}: " in text, name
        text = re.sub(rf"\b{name}: \w+", f"{name}: {value}", text)
    return text


class Alertmanager:
    """Use as a context manager."""

    def __init__(self, config=NOBODY):
        self._config = config

    def __enter__(self):
        command = command_of_alertmanager()
        self.folder = tempfile.TemporaryDirectory()
        config = pathlib.Path(self.folder.name) / "alertmanager.yml"
        config.write_text(self._config)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [*command, f"--config.file={config}",
             f"--storage.path={self.folder.name}", "--cluster.listen-address=",
             f"--web.listen-address={self.url.removeprefix('http://')}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.query() is not None, "amtool gets an answer")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_S)
        self.folder.cleanup()

    def query(self, *matchers):
        """The alerts that are active; None while nobody answers."""
        result = subprocess.run(
            [find_tool("amtool"), f"--alertmanager.url={self.url}", "alert", "query", "-o", "json",
             *matchers], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def post(self, *alerts):
        """Alerts that fire, each by its labels."""
        body = json.dumps([{"labels": labels} for labels in alerts]).encode()
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", body,
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=DEADLINE_S).close()

    def told(self):
        """The labels of the alerts that nothing mutes."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=DEADLINE_S) as answer:
            return [alert["labels"] for alert in json.load(answer)
                    if not alert["status"]["inhibitedBy"]]
