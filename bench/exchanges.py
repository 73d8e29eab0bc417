"""What Signoff's client exchanged with MLflow, and how long it waited for that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from unittest import mock

from registry_ui.mlflow_client.answers import Answer, JsonObject
from registry_ui.mlflow_client.connection import Connection, Take


@dataclass(slots=True)
class Exchanges:
    """Requests with their times, as they ended."""

    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, path with query, body."""
    times: list[tuple[float, float]] = field(default_factory=list)
    """Begin and end of each, by `perf_counter`."""

    def waited_seconds(self) -> float:
        """Return how long at least one exchange was under way."""
        covered, end = 0.0, float("-inf")
        for begun, ended in sorted(self.times):
            covered += max(0.0, ended - max(begun, end))
            end = max(end, ended)
        return covered

    def without(self, part: str) -> "Exchanges":
        """Return those whose path does not hold this part."""
        kept = [
            (request, time)
            for request, time in zip(self.requests, self.times, strict=True)
            if part not in request[1]
        ]
        return Exchanges([request for request, _ in kept], [time for _, time in kept])


@contextmanager
def recorded() -> Iterator[Exchanges]:
    """Record all exchanges of this process, of all its clients and threads."""
    exchanges, exchange = Exchanges(), Connection._exchange

    def timed(
        self: Connection, method: str, path: str, body: JsonObject | None, take: Take
    ) -> Answer:
        begun = perf_counter()
        try:
            return exchange(self, method, path, body, take)
        finally:
            text = None if body is None else json.dumps(body)
            exchanges.requests.append((method, path, text))
            exchanges.times.append((begun, perf_counter()))

    with mock.patch.object(Connection, "_exchange", timed):
        yield exchanges
