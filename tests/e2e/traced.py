"""What the tests of the tracing of handshakes have in common."""
import json
import socket
import time

from support import cannot_run


def require_tracing(daemon):
    """Skips the test where handshakes cannot be traced."""
    if daemon.page().get("connwatch_handshake_tracing_in_use") != 1:
        cannot_run("handshakes cannot be traced here")


def outcomes(page, group, direction="outbound"):
    """{outcome: count} without zeros."""
    found = {}
    for (name, labels), value in page.series.items():
        labels = dict(labels)
        if name == "connwatch_handshakes_total" and value and \
                (labels["group"], labels["direction"]) == (str(group), direction):
            found[labels["outcome"]] = value
    return found


def tracing(daemon):
    return json.loads(daemon.get("/api/v1/handshakes").content)["tracing"]


def destination(daemon, address, port):
    return next((one for one in tracing(daemon)["destinations"]
                 if (one["address"], one["port"]) == (address, port)), None)


def connect(address, port):
    """(errno, seconds) of a connect, as the client sees it."""
    begin = time.monotonic()
    try:
        with socket.create_connection((address, port)):
            return 0, time.monotonic() - begin
    except OSError as error:
        return error.errno, time.monotonic() - begin
