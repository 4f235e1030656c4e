"""A server on loopback for tests that speak to it in bytes."""

import asyncio
import json
from contextlib import asynccontextmanager

import uvicorn

from seatunnel_server.http.listening import listen
from seatunnel_server.http.protocol import LimitedProtocol


class Server(uvicorn.Server):
    """uvicorn, with a word when it is ready, and without a hand on the test's signals."""

    def __init__(self, config):
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()

    async def serve(self, sockets=None):
        await self._serve(sockets)


@asynccontextmanager
async def served(app, **settings):
    """Serve an app on loopback; yield its port."""
    listener = listen("127.0.0.1", [0])
    config = uvicorn.Config(app, http=LimitedProtocol, ws="none", log_level="critical", lifespan="off", **settings)
    server = Server(config)
    task = asyncio.create_task(server.serve([listener]))
    await server.ready.wait()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def request(line, *headers, body=b""):
    return b"\r\n".join([line, b"host: h", *headers, b"", b""]) + body


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def error_of(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json;charset=utf-8" in head
    return json.loads(body)["message"]
