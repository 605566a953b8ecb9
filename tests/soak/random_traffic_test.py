"""Random traffic and troubles from a generator that knows the truth: the daemon shows no other numbers,
raises every alert that there is a reason for, and no other one.

CONNWATCH_SOAK_SECONDS=1800 makes it half an hour instead of a short one. CONNWATCH_SOAK_SEED repeats the
traffic of an earlier run, as far as the machine's own timing lets it. README.md says more.
"""
import collections
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import random
import sys
import tempfile
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import rules
from comparison import Comparison, Moment
from hidden_changes import with_every_change_seen
from places import CONFIGURED_GROUPS, WORKERS, Groups, Hosts
from support import main, network_namespace
from troubles import TROUBLES, play
from truth import sum_of
from watch import Watch, episodes
from watched import KernelView, WatchedDaemon
from worker import CONTEXT, Worker, raise_descriptor_limit
from world import Progress

SECONDS = float(os.environ.get("CONNWATCH_SOAK_SECONDS", "10"))
SEED = os.environ.get("CONNWATCH_SOAK_SEED", "1")
SETTLED_S = 30  # less than TIME-WAIT lasts, or what is wrong of it would end by itself
CONFIG = "poll: {full: 1s}\n" + CONFIGURED_GROUPS


@dataclasses.dataclass(frozen=True)
class Pace:
    config: str
    every_port: bool  # there is room for a group of each
    troubles: tuple  # the least and the most at a time
    round_seconds: float
    per_second: float  # situations that each worker begins


LONG = Pace(rules.OF_A_LONG_SOAK, every_port=False, troubles=(1, 4), round_seconds=20, per_second=6)
SHORT = Pace(rules.OF_A_SHORT_SOAK + "max_groups: 2000\n", every_port=True,
             troubles=(len(TROUBLES),) * 2, round_seconds=8, per_second=6)
SHORT_SECONDS = 120  # less than one episode of each alert takes in a long one


class RandomTrafficTest(unittest.TestCase):
    def setUp(self):
        raise_descriptor_limit()
        self.enterContext(network_namespace())
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.hosts = self.enterContext(Hosts())
        self.numbers = random.Random(SEED)
        self.pace = SHORT if SECONDS < SHORT_SECONDS else LONG
        self.begin = time.monotonic()
        self.rounds = 0
        self.episodes = collections.Counter()

    @with_every_change_seen
    def test_no_number_and_no_alert_is_wrong(self):
        print(f"\nseed {SEED}, {SECONDS:.0f} s", flush=True)
        self.daemon = self.enterContext(WatchedDaemon(CONFIG + self.pace.config, self.folder))
        self.comparison = Comparison(Groups(self.pace.every_port), KernelView.now())
        progress = Progress(CONTEXT)
        self.workers = [self.enterContext(Worker(number, self.hosts, progress, SEED))
                        for number in range(WORKERS)]
        # Not before: a worker would hold the listeners that it finds.
        self.troubles = [self.enterContext(contextlib.closing(kind(self.hosts)))
                         for kind in TROUBLES]
        self.watch = self.enterContext(Watch(self.daemon, progress))
        self.watch.expect(rules.RIGHT_AT_ANY_TIME)
        self.wait_for_workers()
        self.check("all services are open")
        while time.monotonic() < self.begin + SECONDS or not self.rounds:
            self.play_cycle()
        for worker in self.workers:
            worker.finish()
        self.wait_for_workers()
        found, expected = episodes(self.check("the end")), dict(self.episodes)
        for alert in {alert for alert, _ in rules.RIGHT_AT_ANY_TIME}:
            self.assertGreaterEqual(found.pop(alert, 0), expected.pop(alert, 0), alert)
        self.assertEqual(found, expected)

    def play_cycle(self):
        """Some troubles side by side, and rounds of traffic until they are over."""
        troubles = self.numbers.sample(self.troubles, self.numbers.randint(*self.pace.troubles))
        self.say(f"troubles: {', '.join(type(trouble).__name__ for trouble in troubles)}")
        with concurrent.futures.ThreadPoolExecutor(len(troubles)) as threads:
            playing = [threads.submit(play, trouble, self.watch) for trouble in troubles]
            try:
                while not all(future.done() for future in playing):
                    self.play_round(troubles)
            except BaseException:
                self.watch.fail("the run ends")  # the troubles with it
                raise
            for future in playing:
                future.result()
        self.episodes.update(alert for trouble in troubles for alert, _ in trouble.expected)
        self.check("the troubles are over")

    def play_round(self, troubles):
        self.rounds += 1
        for worker in self.workers:
            worker.begin_round(self.rounds, self.pace.round_seconds, self.pace.per_second)
        self.wait_for_workers()
        self.check(f"round {self.rounds}", troubles)

    def wait_for_workers(self):
        for worker in self.workers:
            worker.wait()

    def check(self, where, troubles=()):
        """Waits until the page shows the truth, while the workers rest. Returns the page. `troubles`: those
        that are made meanwhile; what they change is left out."""
        truth = sum_of([worker.truth for worker in self.workers]
                       + [trouble.truth for trouble in self.troubles if trouble not in troubles])
        left_out = {group for trouble in troubles for group in trouble.groups}
        end = time.monotonic() + SETTLED_S
        found = page = None
        while found is None or (found and time.monotonic() < end):
            before = KernelView.now()
            page = self.daemon.wait_for_polls(2).series
            moment = Moment(page, before, KernelView.now())
            found = self.watch.problems + self.comparison.differences(truth, moment, left_out)
        self.say(f"{where}: {sum(truth.closed.values())} connections closed, "
                 f"{sum(truth.sent.values())} bytes sent, {len(found)} differences")
        if found:
            self.hidden.check()
            self.fail("\n".join((f"{where}, seed {SEED}:", *found)))
        return page

    def say(self, text):
        print(f"{time.monotonic() - self.begin:6.0f} s  {text}", flush=True)


if __name__ == "__main__":
    main()
