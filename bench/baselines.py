"""The servers to compare with: plain Starlette and unmodified connexion, which send the same response bodies.

The environment variable `BENCH_BODIES` is the folder of the bodies: `overview.json`, `job-info.json`,
`running-jobs.json`. `proxy` asks the server at `BENCH_UPSTREAM` instead.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import connexion
import httpx2
from connexion.resolver import Resolver
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.servers import bodies_in
from seatunnel_openapi import load

ROUTES = {"overview": "/overview", "job-info": "/job-info/{jobId}", "running-jobs": "/running-jobs"}
OPERATIONS = {"get_overview": "overview", "get_job_info": "job-info", "get_running_jobs": "running-jobs"}


def bodies() -> dict[str, bytes]:
    """Return the response bodies from the folder `BENCH_BODIES`."""
    return bodies_in(Path(os.environ["BENCH_BODIES"]))


def starlette() -> Starlette:
    """Return a Starlette app that sends fixed bodies."""

    def endpoint(body: bytes) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def answer(request: Request) -> Response:  # noqa: ARG001 - Starlette passes it
            return Response(body, media_type="application/json")

        return answer

    return Starlette(routes=[Route(ROUTES[name], endpoint(body)) for name, body in bodies().items()])


def proxy() -> Starlette:
    """Return a Starlette app that passes requests on, and does nothing else."""
    client = httpx2.AsyncClient(base_url=os.environ["BENCH_UPSTREAM"], timeout=60)

    async def passed_on(request: Request) -> Response:
        answer = await client.request(
            request.method, request.url.path, params=request.query_params, content=await request.body()
        )
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))

    return Starlette(routes=[Route("/{path:path}", passed_on, methods=["GET", "POST"])])


def stock(app: connexion.AsyncApp | connexion.FlaskApp, *, awaitable: bool) -> connexion.AsyncApp | connexion.FlaskApp:
    """Return an unmodified connexion app that validates responses, with handlers that return parsed JSON."""
    answers = {operation: json.loads(bodies()[name]) for operation, name in OPERATIONS.items()}

    def resolve(operation_id: str) -> Callable[..., Any]:
        answer = answers.get(operation_id.rpartition(".")[2])

        async def async_handler(**_: object) -> Any:
            return answer

        def handler(**_: object) -> Any:
            return answer

        return async_handler if awaitable else handler

    document = load().copy_document()
    document.pop("servers", None)
    app.add_api(document, resolver=Resolver(resolve), validate_responses=True)
    return app


def stock_async() -> Any:
    """Return connexion's `AsyncApp`."""
    return stock(connexion.AsyncApp(__name__), awaitable=True)


def stock_flask() -> Any:
    """Return connexion's `FlaskApp`."""
    return stock(connexion.FlaskApp(__name__), awaitable=False)
