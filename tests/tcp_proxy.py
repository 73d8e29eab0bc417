"""A TCP proxy that tests close and open: what is behind it is gone, or back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.running import free_port

_CHUNK = 64 * 1024


class TcpProxy:
    """Passes on what comes to its port; refuses connections while it is closed."""

    def __init__(self, host: str, port: int) -> None:
        self.port = free_port()
        self._upstream = (host, port)
        self._listener: socket.socket | None = None
        self.has_been_used = False
        """Has anything come to the port?"""
        self._open: set[socket.socket] = set()
        self._flows = threading.Event()
        self._flows.set()
        self.open()

    def open(self) -> None:
        """Accept connections."""
        listener = self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Break all connections, and refuse new ones."""
        if self._listener is not None:
            _end(self._listener)
        self._listener = None
        for connection in self._open.copy():
            _end(connection)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Accept connections and take what comes, but pass nothing on."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._upstream)
                self._open |= {near, far}
                for source, target in ((near, far), (far, near)):
                    pump = threading.Thread(
                        target=self._pump, args=(source, target), daemon=True
                    )
                    pump.start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(_CHUNK):
                self.has_been_used = True
                self._flows.wait()
                target.sendall(content)
        for connection in (source, target):
            _end(connection)
            self._open.discard(connection)


def _end(connection: socket.socket) -> None:
    """Close a socket; who waits in another thread for it is woken."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
