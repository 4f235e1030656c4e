"""A server on loopback for tests that send raw bytes."""

import json
from contextlib import asynccontextmanager
from functools import partial

import uvicorn

from seatunnel_server.http.listening import listen
from seatunnel_server.http.protocol import LimitedProtocol
from seatunnel_server.serving.nodes import AppServer


@asynccontextmanager
async def served(app, **settings):
    """Serve an app on loopback; yield its port."""
    fixed = {"http": LimitedProtocol, "ws": "none", "log_level": "critical", "lifespan": "off"}
    server = AppServer(app, listen("127.0.0.1", [0]), "", partial(uvicorn.Config, **fixed, **settings))
    await server.start()
    try:
        yield server.listener.getsockname()[1]
    finally:
        await server.drain()


def request(line, *headers, body=b""):
    return b"\r\n".join([line, b"host: h", *headers, b"", b""]) + body


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def error_of(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json;charset=utf-8" in head
    return json.loads(body)["message"]
