"""Servers that are none, under the suite: `python -m bench.cheats` prints what each of them gets past.

A suite that a server without an engine can please proves nothing. Each of these must fail; what it passes is listed.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeAlias

import typer
import uvicorn
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.servers import free_port, started
from seatunnel_conformance.profiles import STANDARD
from seatunnel_conformance.runner import run
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.verdicts import Verdict
from seatunnel_openapi import Contract, Operation, load

DOCUMENTED: Final = "documented"

Cheat: TypeAlias = Callable[[Contract], Starlette]

_EVERY: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]


def empty_object(_: Contract) -> Starlette:
    """Answers `{}` to everything."""

    async def answer(_: Request) -> Response:
        return _json({})

    return _everywhere(answer)


def random_json(_: Contract) -> Starlette:
    """Answers 200 with random JSON."""
    dice = random.Random(0)  # noqa: S311 - no secrets here

    async def answer(_: Request) -> Response:
        value = dice.choice([None, True, 7, "text", [], [{}], {"jobId": "1"}, {"status": "fail"}])
        return _json(value)

    return _everywhere(answer)


def echo(_: Contract) -> Starlette:
    """Sends back what it was sent: the body, or path and query where there is none."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        asked = {"path": request.url.path, **dict(request.query_params)}
        return Response(body or json.dumps(asked), media_type="application/json")

    return _everywhere(answer)


def examples(contract: Contract) -> Starlette:
    """Answers with the contract's own examples: the shape of everything, the truth of nothing."""
    routes = [Route(each.path, _shown(each, contract), methods=[each.method]) for each in contract.operations]
    return Starlette(routes=routes)


CHEATS: Final[Mapping[str, Cheat]] = {cheat.__name__: cheat for cheat in (empty_object, random_json, echo, examples)}


def passed(url: str, profile: str = STANDARD) -> tuple[int, list[str], int]:
    """Run the suite, and return the exit status, the ids of the checks that passed, and how many failed."""
    report = run(Settings(url=url, release=DOCUMENTED, profile=profile, wait=2.0))
    won = [outcome.id for outcome in report.outcomes if outcome.verdict is Verdict.PASS]
    lost = sum(outcome.verdict is Verdict.FAIL for outcome in report.outcomes)
    return int(report.footer.exit), won, lost


@contextmanager
def served(name: str) -> Iterator[str]:
    """Run a cheat in a process of its own, and yield its address."""
    port = free_port()
    with started(name, [sys.executable, "-m", "bench.cheats", "--serve", name, "--port", str(port)], port) as server:
        yield server.url


def main(
    serve: Annotated[str | None, typer.Option(help=f"Serve one of {', '.join(CHEATS)} instead.")] = None,
    port: Annotated[int, typer.Option(help="Where to serve it.")] = 8080,
) -> None:
    """Print a row for each cheat: whether it failed, and what it passed all the same."""
    if serve is not None:
        uvicorn.run(CHEATS[serve](load()), port=port, log_level="error", lifespan="off")
        return
    table = Table("cheat", "exit", "failed", "passed", "what passed")
    for name in CHEATS:
        with served(name) as url:
            status, won, lost = passed(url)
        table.add_row(name, str(status), str(lost), str(len(won)), ", ".join(won))
    Console().print(table)


def _json(value: Any) -> Response:
    return Response(json.dumps(value), media_type="application/json")


def _everywhere(answer: Callable[[Request], Any]) -> Starlette:
    return Starlette(routes=[Route("/{path:path}", answer, methods=_EVERY)])


def _shown(operation: Operation, contract: Contract) -> Callable[[Request], Any]:
    """Return what answers with the first example of the first success that an operation documents."""
    content = operation.responses["200"].get("content", {})
    media_type, body = next(iter(content.items()), ("application/json", {}))
    shown = next(iter(body.get("examples", {}).values()), None)
    value = contract.resolve(shown)["value"] if shown is not None else body.get("example")
    text = json.dumps(value) if media_type.startswith("application/json") else str(value)

    async def answer(_: Request) -> Response:
        return Response(text, media_type=media_type)

    return answer


if __name__ == "__main__":
    typer.run(main)
