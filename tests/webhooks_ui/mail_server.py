"""A real mail server on loopback, which keeps what it is given (RFC 5321)."""

import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import ClassVar


class _Session(StreamRequestHandler):
    """One connection."""

    owner: ClassVar["MailServer"]

    def handle(self) -> None:
        self.to: list[str] = []
        self._say("220 mail.example.com")
        while line := self.rfile.readline():
            command = line.decode("ascii").strip()
            verb = command.partition(" ")[0].upper()
            if verb == "QUIT":
                self._say("221 Bye")
                return
            act = getattr(self, f"_{verb.lower()}", None)
            answer = act(command) if act else "250 OK"
            self._say(answer)
            if answer.startswith("421"):
                return  # RFC 5321, 3.8: it hangs up with that

    def _rcpt(self, command: str) -> str:
        address = command.partition("<")[2].partition(">")[0]
        if refusal := self.owner.refused.get(address):
            return refusal
        self.to.append(address)
        return "250 OK"

    def _rset(self, _: str) -> str:
        self.to = []
        return "250 OK"

    def _data(self, _: str) -> str:
        self._say("354 Go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.owner.raw.append(b"".join(lines))
        self.owner.recipients.append(self.to)
        self.to = []
        return "250 Kept"

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class MailServer:
    """Takes mail on a port of loopback; can be stopped, and started there again.

    Attributes:
        raw: what came, as it came.
        recipients: of each, from the envelope.
        refused: answers to recipients, such as `550 No such user`.
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.refused: dict[str, str] = {}
        self._session = type("Session", (_Session,), {"owner": self})
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, where it listened before if it did."""
        self._server = _Server(("127.0.0.1", self.port), self._session)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[0.02], daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def mails(self) -> list[EmailMessage]:
        """Return what came, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]

    @property
    def mail(self) -> EmailMessage:
        """Return the one mail that came."""
        (mail,) = self.mails
        return mail


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    """Return the HTML of a mail."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
