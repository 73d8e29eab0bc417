"""The peers: of reads, urllib3 and `json`; of webhooks, a bare aiohttp; nothing else.

Run as `python -m bench.raw`, it sends requests that Signoff has sent once more.
"""

import asyncio
import json
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

    def __init__(self, url: str, cookie: str = "") -> None:
        self._pool = urllib3.PoolManager(maxsize=1, timeout=_TIMEOUT_SECONDS)
        self._url = url
        self._headers = {"Cookie": cookie} if cookie else {}

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


if __name__ == "__main__":
    serve({"replay": replay, "post": post})
