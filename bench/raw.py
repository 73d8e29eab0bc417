"""The peers: of reads, urllib3 and `json`; of webhooks, a bare aiohttp; nothing else.

Run as `python -m bench.raw`, it sends requests that Signoff has sent once more.
"""

import asyncio
import json
from collections import Counter
from itertools import count
from statistics import quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import aiohttp
import urllib3

from bench.jobs import Answer, serve

API = "/api/2.0/mlflow/"
_TIMEOUT_SECONDS = 300.0
_OK, _FOUND = 200, 302
_CSRF_TOKEN = "x" * 32


class RawClient:
    """One kept connection to one server."""

    def __init__(self, url: str, cookie: str = "", token: str = "") -> None:
        self._pool = urllib3.PoolManager(maxsize=1, timeout=_TIMEOUT_SECONDS)
        self._url = url
        self._headers = {"Cookie": cookie} if cookie else {}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def has(self, path: str) -> bool:
        """Is there such a page?"""
        url = f"{self._url}{path}"
        answer = self._pool.request("GET", url, headers=self._headers, redirect=False)
        return answer.status == _OK

    def submit(self, path: str, **fields: str) -> None:
        """Send a page's form, as somebody whose cookies are ours.

        Raises:
            RuntimeError: it does not lead on to another page.
        """
        # Django compares the form's token with the cookie's, whoever made both.
        answer = self._pool.request(
            "POST",
            f"{self._url}{path}",
            body=urlencode(fields | {"csrfmiddlewaretoken": _CSRF_TOKEN}),
            headers={
                "Cookie": f"{self._headers['Cookie']}; csrftoken={_CSRF_TOKEN}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            redirect=False,
            retries=False,
        )
        if answer.status != _FOUND:
            raise RuntimeError(f"{path}: {answer.status} {answer.data[:500]!r}")

    def send(self, method: str, path: str, body: str | None = None) -> bytes:
        """Return the whole body of an answer.

        Raises:
            RuntimeError: its status is not 200.
        """
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        answer = self._pool.request(
            method,
            f"{self._url}{path}",
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
        )
        if answer.status != _OK:
            raise RuntimeError(
                f"{method} {path}: {answer.status} {answer.data[:500]!r}"
            )
        return answer.data

    def get(self, path: str, **params: Any) -> bytes:
        """Ask MLflow's registry."""
        return self.send("GET", f"{API}{path}?{urlencode(params, doseq=True)}")


def replay(url: str, requests: list[tuple[str, str, str | None]]) -> Answer:
    """Send the requests one after another and parse each answer's JSON."""
    client = RawClient(url)
    started = perf_counter()
    for method, path, body in requests:
        json.loads(client.send(method, path, body))
    return {"seconds": perf_counter() - started}


def post(url: str, body: str, count: int, at_once: int) -> Answer:
    """Post the same body so often, with so many requests under way at once."""
    started = perf_counter()
    asyncio.run(_post(url, body.encode(), count, at_once))
    return {"seconds": perf_counter() - started}


async def _post(url: str, body: bytes, count: int, at_once: int) -> None:
    left = iter(range(count))
    headers = {"Content-Type": "application/json"}

    async def one_after_another(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                answer.raise_for_status()

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one_after_another(session) for _ in range(at_once)))


def crowd(
    url: str,
    token: str,
    requests: list[tuple[str, str, str | None]],
    clients: int,
    seconds: float,
) -> Answer:
    """Let clients call all the time, each over its own connection and without retries.

    Returns:
        How many calls there were, median and 99th percentile of their times in
        seconds, and how often there was which error.
    """
    took, errors = asyncio.run(_crowd(url, token, requests, clients, seconds))
    percentiles = quantiles(took, n=100)
    return {
        "calls": len(took),
        "p50": percentiles[49],
        "p99": percentiles[98],
        "errors": errors,
    }


async def _crowd(
    url: str,
    token: str,
    requests: list[tuple[str, str, str | None]],
    clients: int,
    seconds: float,
) -> tuple[list[float], Counter[str]]:
    took: list[float] = []
    errors: Counter[str] = Counter()
    until = perf_counter() + seconds

    async def calling(session: aiohttp.ClientSession, first: int) -> None:
        for number in count(first):
            begun = perf_counter()
            if begun >= until:
                return
            method, path, body = requests[number % len(requests)]
            try:
                async with session.request(method, f"{url}{path}", data=body) as answer:
                    said = await answer.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                errors[repr(error)] += 1
            else:
                if answer.status != _OK:
                    errors[f"{answer.status} {said[:200]!r}"] += 1
            took.append(perf_counter() - begun)

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=timeout
    ) as session:
        await asyncio.gather(*(calling(session, first) for first in range(clients)))
    return took, errors


if __name__ == "__main__":
    serve({"replay": replay, "post": post, "crowd": crowd})
