"""What gives a daemon names that it has never seen: each churner has kinds of its own.

A churner takes turns, ten a second. turn(n) does the same with other names than any turn before.
"""
import base64
import collections
import contextlib
import http.client
import itertools
import os
import re
import socket
import subprocess
import time

from support import DEADLINE_S

PASSWORD = "churn"


def loopback_address(number):
    """Another one for each number, up to 16 million. None is that of the daemon."""
    return f"127.{1 + (number >> 16) % 250}.{number >> 8 & 0xff}.{number & 0xff}"


class Churner(contextlib.ExitStack):
    def __init__(self, daemon):
        super().__init__()
        self.daemon = daemon
        self._held = {}  # what is open, by turn

    def hold(self, turn, turns):
        """A stack for what this turn opens. It stays open for `turns`."""
        for old in [number for number in self._held if number <= turn - turns]:
            self._held.pop(old).close()
        return self._held.setdefault(turn, contextlib.ExitStack())

    def __exit__(self, *exception):
        for stack in self._held.values():
            stack.close()
        self._held.clear()
        return super().__exit__(*exception)


class Listeners(Churner):
    """Listeners on new addresses and ports. The accept queue of each is long enough for an alert."""
    NEW, HELD_TURNS, BACKLOG, WAITING = 10, 15, 4, 4

    def turn(self, turn):
        held = self.hold(turn, self.HELD_TURNS)
        for number in range(turn * self.NEW, (turn + 1) * self.NEW):
            server = held.enter_context(socket.socket())
            server.bind((loopback_address(number), 2_000 + number % 20_000))
            server.listen(self.BACKLOG)
        for _ in range(self.WAITING):
            client = held.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())


class Devices(Churner):
    """Interfaces with new names, and a listener bound to each."""
    EVERY = 20

    def turn(self, turn):
        if turn % self.EVERY:
            return
        name = f"churn{turn}"
        held = self.hold(turn, 3 * self.EVERY)
        subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", f"peer{turn}"],
                       check=True)
        held.callback(subprocess.run, ["ip", "link", "delete", name], check=True)
        server = held.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
        server.bind(("0.0.0.0", 179))
        server.listen()


class Units(Churner):
    """Units with new names, each with a listener and both ends of a connection."""
    EVERY = 5

    def __init__(self, daemon):
        super().__init__(daemon)
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mount = re.search(r"^\S+ \S+ \S+ / (\S+) .* - cgroup2 ", file.read(), re.MULTILINE)
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            home = re.search(r"^0::(\S+)$", file.read(), re.MULTILINE)
        self._mount = mount and mount[1]
        self._home = mount and home and mount[1] + home[1]

    def can_run(self):
        return bool(self._home) and os.access(f"{self._mount}/cgroup.procs", os.W_OK)

    def turn(self, turn):
        if turn % self.EVERY:
            return
        folder = f"{self._mount}/connwatch-churn-{os.getpid()}-{turn}.service"
        held = self.hold(turn, 4 * self.EVERY)
        os.mkdir(folder)
        held.callback(os.rmdir, folder)
        with self._inside(folder):
            server = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            held.enter_context(socket.create_connection(server.getsockname()))
        held.enter_context(server.accept()[0])

    @contextlib.contextmanager
    def _inside(self, folder):
        self._enter(folder)
        try:
            yield
        finally:
            self._enter(self._home)

    @staticmethod
    def _enter(cgroup):
        with open(f"{cgroup}/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))


class Configurations(Churner):
    """New names for groups that have connections, for alert rules and for receivers."""
    EVERY, SERVICES, UNUSED, RULES = 10, 20, 20, 20
    FIRST_PORT = 1_100

    def __init__(self, daemon, config):
        super().__init__(daemon)
        self._config = config
        self._reloads = []  # when
        for port in range(self.FIRST_PORT, self.FIRST_PORT + self.SERVICES):
            server = self.enter_context(socket.create_server(("127.0.0.1", port)))
            self.enter_context(socket.create_connection(server.getsockname()))
            self.enter_context(server.accept()[0])

    def turn(self, turn):
        if turn % self.EVERY:
            return
        self.daemon.reload(self._config + self._names_of(turn))
        self._reloads.append(time.monotonic())

    def names_of_the_last(self, seconds):
        """How many groups with connections had their names in these seconds, or less."""
        since = time.monotonic() - seconds
        return self.SERVICES * (1 + sum(when > since for when in self._reloads))

    def _names_of(self, turn):
        groups = [f"{{name: g{turn}-{i}, match: {{local_port: {self.FIRST_PORT + i}}}}}"
                  for i in range(self.SERVICES + self.UNUSED)]
        rules = [f"{{name: Rule{turn}_{i}, signal: listener_accept_queue_utilization, above: 50%}}"
                 for i in range(self.RULES)]
        receiver = f"{{url: http://{loopback_address(turn)}:1}}"  # nobody is there
        return (f"groups: [{', '.join(groups)}]\nalerts: [{', '.join(rules)}]\n"
                f"alertmanagers: [{receiver}]\n")


class Clients(Churner):
    """HTTP requests from new addresses: without a password, with a wrong one, and by new users."""
    EVERY, ANONYMOUS, USERS, WRONG_EVERY = 10, 5, 20, 20

    def __init__(self, daemon, password_hash):
        super().__init__(daemon)
        self._hash = password_hash
        self._addresses = map(loopback_address, itertools.count())
        self.answers = collections.Counter()  # by status

    def turn(self, turn):
        for _ in range(self.ANONYMOUS):
            self._ask(None)
        self._ask(f"watcher:{PASSWORD}")
        # More would keep the new users from logging in.
        if turn % self.WRONG_EVERY == 0:
            self._ask(f"watcher:{turn}")
        part = turn % self.EVERY
        if part == 0:
            self._write_users(turn)
        written = turn - part - 2 * self.EVERY  # the daemon looks at the file once a second
        if written >= 0:
            for i in range(part, self.USERS, self.EVERY):
                self._ask(f"user{written}-{i}:{PASSWORD}")

    def _write_users(self, turn):
        """Those of the last writings stay, because they may not have logged in yet."""
        kept = range(max(0, turn - 2 * self.EVERY), turn + 1, self.EVERY)
        names = ["watcher", *(f"user{of}-{i}" for of in kept for i in range(self.USERS))]
        new = self.daemon.web_file.with_suffix(".new")
        new.write_text("basic_auth_users:\n"
                       + "".join(f"  {name}: {self._hash}\n" for name in names))
        new.replace(self.daemon.web_file)

    def _ask(self, login):
        headers = {}
        if login:
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, DEADLINE_S,
                                                (next(self._addresses), 0))
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/alerts?limit=1", headers=headers)
            self.answers[connection.getresponse().status] += 1
