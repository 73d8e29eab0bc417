"""A server on loopback that answers each connection with given bytes."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Reply = bytes | Callable[[socket.socket], None]


@dataclass
class RawServer:
    uri: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def raw_server(*replies: Reply) -> Iterator[RawServer]:
    """Serve one connection after the other; the last reply is repeated."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = RawServer(f"http://127.0.0.1:{port}")
        thread = threading.Thread(
            target=_serve, args=(listener, replies, server.requests), daemon=True
        )
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def http(status: str, body: bytes, content_type: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _serve(
    listener: socket.socket, replies: Sequence[Reply], requests: list[bytes]
) -> None:
    index = 0
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        reply = replies[min(index, len(replies) - 1)]
        index += 1
        with connection:
            requests.append(connection.recv(65536))
            try:
                if callable(reply):
                    reply(connection)
                else:
                    connection.sendall(reply)
            except OSError:
                continue
