"""Receivers on loopback, decent and hostile, and the only way to any other address."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Reply:
    """What a decent receiver answers."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Received:
    """One request that arrived."""

    path: str
    headers: Message
    body: bytes


class _Server(ThreadingHTTPServer):
    """Has room for many that connect at once; others would try a second later."""

    daemon_threads = True
    request_queue_size = 128


class Receiver:
    """An HTTP server that keeps what arrives and answers as told."""

    def __init__(self, context: ssl.SSLContext | None = None, *, port: int = 0) -> None:
        """Listen on loopback, on a free port if none is given; maybe in TLS."""
        self.requests: list[Received] = []
        self.answer: Callable[[Received], Reply] = lambda _: Reply()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                received = Received(self.path, self.headers, self.rfile.read(length))
                owner.requests.append(received)
                reply = owner.answer(received)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                owner.requests.append(Received(self.path, self.headers, b""))
                self.send_error(405)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", port), Handler)
        if context:
            self._server.socket = context.wrap_socket(
                self._server.socket,
                server_side=True,
                do_handshake_on_connect=False,  # in the thread of the request, not here
            )
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.02], daemon=True
        )
        self._thread.start()

    def replies(self, *replies: Reply) -> None:
        """Answer with these in turn; the last one over and over."""
        queue = list(replies)
        self.answer = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def tls_receiver(certificate: Path, *, asks_for_one: bool = False) -> Receiver:
    """Start a decent receiver that shows this certificate, and may ask for one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if asks_for_one:
        context.verify_mode = ssl.CERT_REQUIRED
    return Receiver(context)


@contextlib.contextmanager
def raw_receiver(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen on loopback; read what comes, then talk as the function does.

    Yields:
        The URL. A talk ends when the sender hangs up, since its writes fail then.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=[connection], daemon=True).start()

    def converse(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            talk(connection)
            # A socket closed with something unread takes back what it has said.
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(1)
            while connection.recv(65536):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@contextlib.contextmanager
def full_receiver() -> Iterator[str]:
    """Listen on loopback and accept nobody, with no place left in the queue.

    The system then answers no more connections, as a machine behind a firewall that
    drops packets does not.

    Yields:
        The URL.
    """
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
