"""A process that makes random traffic, a round at a time, and tells the truth about it.

What it does in a round follows from the seed alone; when, also from the machine.
"""
import contextlib
import multiprocessing
import random
import resource
import signal
import time
import traceback

from network import LIBC
from places import Hosts
from situations import SITUATIONS
from truth import Truth
from world import Checkpoints, Progress, World

PR_SET_PDEATHSIG = 1  # linux/prctl.h: no worker outlives its parent
IDLE_S = 0.005
CONTEXT = multiprocessing.get_context("fork")


def plan(seed, worker, number, seconds, per_second):
    """[(second of the round, situation, seed of the situation)] in order of time"""
    numbers = random.Random(f"{seed}/{worker}/{number}")
    kinds, weights = list(SITUATIONS), list(SITUATIONS.values())
    return [(at, numbers.choices(kinds, weights)[0], numbers.random())
            for at in sorted(numbers.uniform(0, seconds) for _ in range(int(seconds * per_second)))]


class Player:
    """Plays situations side by side: each goes on when what it waits for is over."""

    def __init__(self, world):
        self._world = world
        self._waiting = []  # [(situation, numbers, what it waits for)]

    def _go_on(self, situation, numbers):
        self._world.numbers, self._world.playing = numbers, situation.__name__
        with contextlib.suppress(StopIteration):
            self._waiting.append((situation, numbers, next(situation)))

    def play(self, entries):
        """Until nothing is left but what waits for a comparison."""
        begin = time.monotonic()
        entries = list(entries)
        while entries or any(not isinstance(wait, Checkpoints) for *_, wait in self._waiting):
            while entries and begin + entries[0][0] <= time.monotonic():
                _, kind, seed = entries.pop(0)
                self._go_on(kind(self._world), random.Random(seed))
            self._continue()

    def _continue(self):
        ready = [entry for entry in self._waiting if entry[2].is_over(self._world)]
        self._waiting = [entry for entry in self._waiting if entry not in ready]
        for situation, numbers, _ in ready:
            self._go_on(situation, numbers)
        if not ready:
            time.sleep(IDLE_S)

    def pass_checkpoint(self):
        for *_, wait in self._waiting:
            if isinstance(wait, Checkpoints):
                wait.count -= 1

    def finish(self):
        """To the end of every situation"""
        while self._waiting:
            self.pass_checkpoint()
            self._continue()


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _serve(number, hosts, progress, seed, orders):
    """Plays rounds as the parent orders them, and answers each order with the Truth, or with a text that
    says what went wrong."""
    raise_descriptor_limit()
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        world = World(number, hosts, progress)
        player = Player(world)
        world.open_steady()
        orders.send(world.truth)
        while order := orders.recv():
            player.pass_checkpoint()
            player.play(plan(seed, number, *order))
            orders.send(world.truth)
        player.finish()
        world.close_steady()
        orders.send(world.truth)
    except Exception:
        orders.send(traceback.format_exc())


class Worker:
    """The parent's side. Use as a context manager: the process ends with it."""

    DEADLINE_S = 600

    def __init__(self, number, hosts: Hosts, progress: Progress, seed):
        self.truth = Truth()
        self._orders, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_serve, args=(number, hosts, progress, seed, theirs),
                                        daemon=True)

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.join()

    def begin_round(self, number, seconds, per_second):
        self._orders.send((number, seconds, per_second))

    def finish(self):
        self._orders.send(None)

    def wait(self):
        """Until it has done what it was told. Then `truth` is up to date."""
        if not self._orders.poll(self.DEADLINE_S):
            raise AssertionError(f"a worker does not come to an end in {self.DEADLINE_S} s")
        answer = self._orders.recv()
        if isinstance(answer, str):
            raise AssertionError(f"a worker failed: {answer}")
        self.truth = answer
