"""The embedded broker: kombu's messages as files, made safe to read while written.

kombu makes a file and then writes into it. Who looks in between takes an empty message,
at which Celery's worker ends with "Unrecoverable error": one message in a thousand with
a look each 50 ms. Here files appear whole. `config/celery.py` puts this in the place of
kombu's transport.
"""

import fcntl
import os
import queue as queues
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

_TABLE_LOCK = ".lock"


class Channel(filesystem.Channel):
    """Makes and takes files by renaming, and does not mind losing its folders."""

    def _put(  # type: ignore[override]  # the two stubs above it disagree
        self, queue: str, payload: dict[str, Any], **_options: Any
    ) -> None:
        # Time first: messages are taken in the order of their names.
        name = f"{time.monotonic_ns():020}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, payload)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for message_file in self._message_files(queue):
            taken = message_file.with_suffix(".taken")
            try:
                message_file.rename(taken)
            except FileNotFoundError:  # another worker was faster
                continue
            message = loads(taken.read_bytes())
            taken.unlink(missing_ok=True)
            return message
        raise queues.Empty

    def _size(self, queue: str) -> int:
        return len(self._message_files(queue))

    def _message_files(self, queue: str) -> list[Path]:
        """Return the files of the messages that wait, oldest first."""
        folder, ending = Path(self.data_folder_in), f"{queue}.msg"
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return []
        ours = [name for name in names if name.partition(".")[2] == ending]
        return [folder / name for name in sorted(ours)]

    def get_table(  # type: ignore[override]  # the two stubs above it disagree
        self, exchange: str
    ) -> list[filesystem.exchange_queue_t]:
        """Return the queues of an exchange, also where the file that says so is gone.

        kombu would drop each message then, until this process ends: it remembers that
        it has written the file, and never does again.
        """
        known = [
            filesystem.exchange_queue_t(bound.routing_key, "", bound.queue)
            for bound in self.state.bindings or ()
            if bound.exchange == exchange
        ]
        return super().get_table(exchange) or known

    def _queue_bind(
        self, exchange: str, routing_key: str, pattern: str | None, queue: str
    ) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue)
        folder = self.control_folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _TABLE_LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            table = super().get_table(exchange)  # checks the name, too
            if binding not in table:
                _write_whole(folder / f"{exchange}.exchange", [binding, *table])


class Transport(filesystem.Transport):
    """What kombu is told to load for `filesystem://`."""

    Channel = Channel


def _write_whole(file: Path, content: object) -> None:
    draft = file.with_name(f"{uuid.uuid4()}.draft")
    file.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(dumps(content))
    draft.rename(file)
