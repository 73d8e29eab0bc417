"""A receiver of webhooks that notes when each arrives: `python -m bench.receiver`."""

import asyncio
import json
import socket
import threading
import time
from typing import Any

from aiohttp import web

from bench.jobs import Answer, serve

_DEAD_BACKLOG = 1024
_arrivals: list[tuple[float, bytes]] = []
_dead: list[socket.socket] = []


async def _take(request: web.Request) -> web.Response:
    at = time.time()
    _arrivals.append((at, await request.read()))
    return web.Response(text="ok")


def start() -> Answer:
    """Listen; return the URL that answers, and one that never does."""
    ready = threading.Event()
    port = 0

    async def listen() -> None:
        nonlocal port
        site = web.Application()
        site.router.add_post("/hook", _take)
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        await web.SockSite(runner, listener).start()
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(listen()), daemon=True).start()
    ready.wait()
    # The system takes the connections; nobody ever reads from them.
    _dead.append(socket.create_server(("127.0.0.1", 0), backlog=_DEAD_BACKLOG))
    dead_port = _dead[0].getsockname()[1]
    return {
        "url": f"http://127.0.0.1:{port}/hook",
        "dead_url": f"http://127.0.0.1:{dead_port}/hook",
    }


def count() -> Answer:
    """Return how many requests arrived since they were taken."""
    return {"count": len(_arrivals)}


def take() -> Answer:
    """Return when which tag's value was told first, and forget all of it."""
    first: dict[str, float] = {}
    taken, _arrivals[:] = _arrivals[:], []
    for at, body in taken:
        first.setdefault(_value(json.loads(body)), at)
    return {"first": first, "count": len(taken)}


def _value(told: dict[str, Any]) -> str:
    """Return the tag's value in our payload or in MLflow's."""
    tag: dict[str, str] = told["tags"][0] if "tags" in told else told["data"]
    return tag["value"]


if __name__ == "__main__":
    serve({job.__name__: job for job in (start, count, take)})
