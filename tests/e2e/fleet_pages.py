"""The metrics pages of many hosts, made from real pages of one, and a web server that serves them all.

Each node has a size of its own. Its counters grow, its gauges go up and down, its pods have names of
their own. Every tenth node is far away: its round trips are in higher buckets.
"""
import contextlib
import http.server
import multiprocessing
import random
import re
import socketserver
import time

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Gauges that say what is, not how much.
CONSTANT = re.compile(r"_(info|limit|limit_bytes|available|active|in_use|firing|diagnosis|successful)$")
NOW = "connwatch_poll_last_success_timestamp_seconds"
RTT_BUCKET = "connwatch_tcp_rtt_seconds_bucket"
FAR_EACH = 10
APPLICATIONS = ("cart", "checkout", "search", "login", "mail", "stock", "price", "image", "order", "queue")
NAMESPACES = ("shop", "shop-test", "payment", "kube-system", "monitoring")
NODE = "@NODE@"  # stands in a template for what makes the names of pods unique
DAY_S = 86_400


def is_far(node):
    return node % FAR_EACH == FAR_EACH - 1


def pod_name(number):
    """In NAMESPACE/POD, of the pod with this number on every node."""
    application = APPLICATIONS[number % len(APPLICATIONS)]
    return NAMESPACES[number // 2 % len(NAMESPACES)], f"{application}-{NODE}-{number:02}"


class Template:
    """One real page, ready to be filled with the values of a node. `keep_netns` says of which network
    namespaces the page may tell; `page_age_s` is how long its daemon had run."""

    def __init__(self, page, page_age_s=600, keep_netns=lambda _: True, shift=1):
        self._page_age_s = page_age_s
        self._pods = {}
        self._keep_netns = keep_netns
        lines, self._values, kinds = [], [], {}
        for line in page.splitlines():
            if line.startswith("#"):
                _, word, name, *rest = line.split(" ", 3)
                if word == "TYPE":
                    kinds[name] = rest[0]
                lines.append(line.replace("%", "%%"))
            elif line:
                self._add(lines, kinds, *SAMPLE.match(line).groups())
        self._text = "\n".join(lines) + "\n"
        self.series = len(self._values)
        self._far_values = self._moved(shift)

    def _add(self, lines, kinds, name, labels, value):
        pairs = LABEL.findall(labels or "")
        netns = dict(pairs).get("netns")
        if netns is not None and netns != "other":
            if not self._keep_netns(netns):
                return
            number = self._pods.setdefault(netns, len(self._pods))
            namespace, pod = pod_name(number)
            rest = [pair for pair in pairs if pair[0] not in ("netns", "namespace", "pod")]
            pairs = [("netns", f"{namespace}/{pod}"), ("namespace", namespace), ("pod", pod), *rest]
        inside = ",".join(f'{key}="{text}"' for key, text in pairs)
        lines.append(f"{name}{{{inside}}}".replace("{}", "").replace("%", "%%") + " %s")
        family = re.sub("_(bucket|sum|count)$", "", name)
        kind = kinds.get(name) or kinds.get(family)
        # Times and shares have digits behind the point.
        digits = 6 if re.search(r"(seconds_sum|seconds_total|ratio) |\.", f"{name} {value}") else None
        bucket = dict(pairs) if name == RTT_BUCKET else None
        self._values.append((self._change_of(name, kind, value), digits, bucket, float(value)))

    @staticmethod
    def _change_of(name, kind, value):
        number = float(value)
        if name == NOW:
            return "now"
        if name.endswith("timestamp_seconds") or name == "process_start_time_seconds":
            return "constant"
        if kind in ("counter", "histogram", "summary"):
            return "grows" if number else "constant"
        return "constant" if number in (0, 1) or CONSTANT.search(name) else "varies"

    def _moved(self, shift):
        """The values of a node that is far away: each bucket has what is `shift` buckets below it."""
        values, histograms = list(self._values), {}
        for place, (_, _, labels, _) in enumerate(self._values):
            if labels:
                key = tuple(sorted((key, text) for key, text in labels.items() if key != "le"))
                histograms.setdefault(key, []).append((float(labels["le"]), place))
        for buckets in histograms.values():
            places = [place for _, place in sorted(buckets)]
            counts = [self._values[place][3] for place in places]
            moved = [0.0] * shift + counts[:-1]
            for place, count in zip(places, [*moved[:len(counts) - 1], counts[-1]]):
                values[place] = ("grows" if count else "constant", *self._values[place][1:3], count)
        return values

    def fill(self, node, moment, elapsed_s, jitter_s):
        """The page of a node at `moment`, when the fleet is `elapsed_s` old. What was counted within the
        last `jitter_s` may be missing."""
        fixed = random.Random(node)
        size, age_s = fixed.uniform(0.5, 1.5), fixed.uniform(1, 30) * DAY_S
        name = f"{fixed.getrandbits(40):010x}"
        now = random.Random(f"{node} {moment}")
        growth = size * (age_s + elapsed_s - now.uniform(0, jitter_s)) / self._page_age_s
        filled = []
        for change, digits, _, value in self._far_values if is_far(node) else self._values:
            if change == "grows":
                value *= growth
            elif change == "varies":
                value *= size * now.uniform(0.75, 1.25)
            elif change == "now":
                value = moment - 1
            filled.append(round(value, digits))
        return self._text.replace(NODE, name) % tuple(filled)


class Fleet:
    """The pages of `nodes` nodes. One in 50 is in trouble if there is a template for that."""

    TROUBLE_EACH = 50

    def __init__(self, nodes, well, trouble=None, jitter_s=0):
        self.nodes = nodes
        self._well, self._trouble = well, trouble or well
        self._jitter_s = jitter_s
        self._begin = time.time()

    def template(self, node):
        return self._trouble if node % self.TROUBLE_EACH == 0 else self._well

    def page(self, node, moment=None):
        moment = time.time() if moment is None else moment
        return self.template(node).fill(node, moment, moment - self._begin, self._jitter_s)

    def targets(self, address):
        """For a file of targets: who serves what at `address`, HOST:PORT."""
        return [{"targets": [address], "labels": {"instance": f"node-{node:04}:10177",
                                                  "__metrics_path__": f"/{node}/metrics"}}
                for node in range(self.nodes)]


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        """A scraper may go at any time."""


def _serve(fleet, server):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            content = fleet.page(int(self.path.split("/")[1])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass
    server.RequestHandlerClass = Handler
    server.serve_forever()


@contextlib.contextmanager
def served(fleet):
    """HOST:PORT where a process of its own serves the fleet meanwhile."""
    server = _Server(("127.0.0.1", 0), None)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(fleet, server), daemon=True)
    process.start()
    address = "127.0.0.1:{}".format(server.server_address[1])
    server.socket.close()
    try:
        yield address
    finally:
        process.terminate()
        process.join()
