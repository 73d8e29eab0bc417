"""The embedded broker between processes that write and read at the same time."""

import multiprocessing
import shutil
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from config import broker

MESSAGES = 150
WRITERS = 3


def connect(folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.01,
    }
    return Connection(
        "filesystem://localhost",
        transport=f"{broker.__name__}:Transport",
        transport_options=options,
    )


def write(folder: Path, writer: int) -> None:
    queue = Queue("work", Exchange("work"), "work")
    with connect(folder) as connection, connection.Producer() as producer:
        for number in range(MESSAGES):
            producer.publish(
                [writer, number], exchange="work", routing_key="work", declare=[queue]
            )


def read(folder: Path, count: int) -> list[Any]:
    found: list[Any] = []
    with (
        connect(folder) as connection,
        connection.SimpleQueue("work") as queue,
    ):
        while len(found) < count:
            message = queue.get(timeout=30)
            found.append(message.decode())
            message.ack()
    return found


def test_messages_that_are_read_while_written_arrive_whole_and_once(
    tmp_path: Path,
) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write, args=(tmp_path, n)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()

    found = read(tmp_path, WRITERS * MESSAGES)

    for writer in writers:
        writer.join()
    assert sorted(found) == [[w, n] for w in range(WRITERS) for n in range(MESSAGES)]
    assert not list((tmp_path / "messages").iterdir())


def test_messages_of_one_writer_keep_their_order(tmp_path: Path) -> None:
    write(tmp_path, 0)

    found = read(tmp_path, MESSAGES)

    assert found == [[0, number] for number in range(MESSAGES)]


def test_a_broker_that_was_deleted_takes_messages_again(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    write(folder, 0)
    shutil.rmtree(folder)

    write(folder, 1)

    assert read(folder, MESSAGES) == [[1, number] for number in range(MESSAGES)]


def test_an_empty_queue_says_so(tmp_path: Path) -> None:
    with connect(tmp_path) as connection, pytest.raises(Empty):
        connection.SimpleQueue("work").get(block=False)
