"""A headless Chromium, driven through chromedriver's HTTP interface (W3C WebDriver)."""
import base64
import contextlib
import http.client
import json
import subprocess
import tempfile

from network import free_port
from support import DEADLINE_S, find_tool, wait_until

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb")


class Browser(contextlib.ExitStack):
    """Started in the network namespace of the thread that enters it."""

    def __enter__(self):
        super().__enter__()
        self._port = free_port()
        driver = subprocess.Popen([find_tool("chromedriver"), f"--port={self._port}"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.callback(driver.wait, DEADLINE_S)
        self.callback(driver.terminate)
        wait_until(self._driver_is_ready, "chromedriver is ready")
        profile = self.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        options = {"binary": find_tool("chromium"), "args": [*FLAGS, f"--user-data-dir={profile}"],
                   "perfLoggingPrefs": {"enableNetwork": True}}
        session = self._request("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "timeouts": {"script": DEADLINE_S * 1000, "pageLoad": DEADLINE_S * 1000},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self._session = f"/session/{session['sessionId']}"
        self.callback(self._request, "DELETE", self._session)
        return self

    def _driver_is_ready(self):
        with contextlib.suppress(OSError):
            return self._request("GET", "/status")["ready"]
        return False

    def _request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2 * DEADLINE_S)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{path}: {value['error']}: {value['message']}")
        return value

    def _command(self, path, body):
        return self._request("POST", self._session + path, body)

    def _devtools(self, command, **parameters):
        return self._command("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self._command("/url", {"url": url})

    def run_first(self, script):
        """Runs the script in every page that is opened from now on, before its own scripts."""
        self._devtools("Page.addScriptToEvaluateOnNewDocument", source=script)

    def run(self, script, *arguments):
        """What `return` in the script gives."""
        return self._command("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """What the script calls its last argument with."""
        return self._command("/execute/async", {"script": script, "args": list(arguments)})

    def look(self, width, height, scheme):
        """The size of the window and whether the system is "light" or "dark"."""
        self._devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                       deviceScaleFactor=1, mobile=width < 600)
        self._devtools("Emulation.setEmulatedMedia",
                       features=[{"name": "prefers-color-scheme", "value": scheme},
                                 {"name": "prefers-reduced-motion", "value": "reduce"}])

    def press(self, key):
        """A key on the keyboard, by its name: "Tab", "Enter", "ArrowLeft"."""
        code = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self._devtools("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                           windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {}))

    def point_at(self, x, y):
        """Moves the mouse to a place in the window."""
        self._devtools("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def accessible_names(self):
        """What a screen reader finds: {role: [name]}."""
        names = {}
        for node in self._devtools("Accessibility.getFullAXTree")["nodes"]:
            if not node["ignored"]:
                names.setdefault(node["role"]["value"], []).append(node["name"]["value"])
        return names

    def screenshot(self, whole=True):
        """PNG."""
        shot = self._devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def console(self):
        """Messages of the console since the last call, but for the browser's own pages."""
        return [entry for entry in self._command("/se/log", {"type": "browser"})
                if not entry["message"].startswith("chrome://")]

    def requested_urls(self):
        """Everything pages asked for since the last call, but for the browser's own."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self._command("/se/log", {"type": "performance"})]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"
                and not event["params"]["request"]["url"].startswith("chrome://")]
