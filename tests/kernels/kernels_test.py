"""Runs tests of the daemon under other kernels, each in a virtual machine of its own.

Every test of a guest is one here: kernels_test.py Linux_6_1 runs those of one kernel.
"""
import functools
import pathlib
import sys
import unittest

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from guest import find_accelerator, run_guest
from guest_files import files_for_any_kernel, modules_for
from kernel_image import SERIES, KernelImage

# What is only for guests, and what of the end-to-end tests depends on the kernel.
TESTS = (
    "in_guest_test",
    "in_guest_fields_test",
    "handshakes_test.OutcomesTest",
    "ends_test.EndsTest.test_reuse_of_a_socket",
    "handshakes_test.LoadTest.test_twenty_thousand_destinations",
    "live_states_test.LiveStatesTest",
    "lifecycle_test.LifecycleTest.test_reload",
    "lifecycle_test.LifecycleTest.test_a_bad_file_is_reported_and_the_old_one_stays",
    "sockets_api_test.SocketsApiTest.test_tells_what_ss_tells",
    "sockets_api_test.SocketsApiTest.test_the_same_filters_as_ss",
    "walk_equality_test.WalkEqualityTest.test_every_state",
    "walk_equality_test.WalkEqualityTest.test_half_open_handshakes",
    "walk_equality_test.WalkEqualityTest.test_a_namespace_with_a_table_of_its_own",
)
SHOWN_LINES = 100  # of a console

shared_files = functools.cache(lambda: files_for_any_kernel(TESTS))


class GuestTests(unittest.TestCase):
    """Base: what went on in the guest with the kernel `series`."""

    accelerator = None  # the same for all kernels

    @classmethod
    def setUpClass(cls):
        kernel = KernelImage(cls.series)
        GuestTests.accelerator = cls.accelerator or find_accelerator(kernel)
        cls.outcome = run_guest(kernel, cls.accelerator, shared_files() + modules_for(kernel))
        results = cls.outcome.results.values()
        in_tests = sum(result["seconds"] for result in results)
        print(f"Linux {kernel.release} ran {len(results)} tests with {cls.accelerator}: "
              f"{in_tests:.0f} s of {cls.outcome.seconds:.0f} s", file=sys.stderr)

    def __str__(self):
        return f"{type(self).__name__}: {self._testMethodName.removeprefix('test_')}"

    def check(self, name):
        result = self.outcome.results.get(name)
        if result is None:
            lines = self.outcome.console.splitlines()[-SHOWN_LINES:]
            self.fail("\n".join(["the guest did not finish this test. Its console:", *lines]))
        print(f"{result['seconds']} s", end=" ", file=sys.stderr)
        if result["outcome"] == "skipped":
            self.skipTest(result["text"])
        self.assertEqual(result["outcome"], "passed", result["text"])


def each_of(suite):
    for test in suite:
        yield from each_of(test) if isinstance(test, unittest.TestSuite) else [test]


def tests_of(series):
    """A class with a method for each test of the guest."""
    tests = each_of(unittest.defaultTestLoader.loadTestsFromNames(TESTS))
    methods = {f"test_{test.id()}": lambda self, name=test.id(): self.check(name)
               for test in tests}
    return type(f"Linux_{series.replace('.', '_')}", (GuestTests,), methods | {"series": series})


globals().update((tests.__name__, tests) for tests in map(tests_of, SERIES))

if __name__ == "__main__":
    unittest.main()
