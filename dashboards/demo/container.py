"""An application in a network namespace of its own, as that of a container, which does not accept
what its clients there connect. Runs until it is told to end."""
import contextlib
import pathlib
import socket
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests/e2e"))
from network import enter_new_namespace  # noqa: E402

BACKLOG, CLIENTS, TURN_S = 4, 20, 30


def main():
    enter_new_namespace()
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as server:
        while True:
            with contextlib.ExitStack() as clients:
                for _ in range(CLIENTS):
                    client = clients.enter_context(socket.socket())
                    client.setblocking(False)
                    client.connect_ex(server.getsockname())
                time.sleep(TURN_S)


if __name__ == "__main__":
    main()
