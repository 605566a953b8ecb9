"""A network namespace for measurements that other connections of the host would disturb. Its settings
are those of the tests, whatever the host's are."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))

import network


def own_network():
    """This process, and what it starts, is alone in a network namespace with a loopback device.

    Nobody else's connections end there, and its limits of ports and TIME-WAIT are its own.
    """
    return network.network_namespace()
