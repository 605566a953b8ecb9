"""Makes an address inside a network namespace reachable at one of the host's loopback addresses: no
interface, route or firewall rule of the host is touched."""
import contextlib
import socket
import threading


def listen_at(port):
    """At the host's loopback address; at any port where this one is taken. Call it on the host."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def forward(listener, target):
    """From now on passes connections to `listener` on to `target`, which is an address in the
    network namespace of the calling thread. Ends when `listener` is shut down."""
    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=pass_on, args=(connection, target), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


def pass_on(connection, target):
    with connection, contextlib.suppress(OSError):
        with socket.create_connection(target) as other:
            back = threading.Thread(target=copy, args=(other, connection), daemon=True)
            back.start()
            copy(connection, other)
            back.join()


def copy(source, sink):
    """Until the end of `source`, which it passes on as well."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
