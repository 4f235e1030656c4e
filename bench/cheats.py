"""Runs the suite against fake servers: `python -m bench.cheats` prints the checks that each of them passes.

The fake servers have no engine. The suite must fail each of them. They return the version for `GET /overview`, without
which the suite would refuse them before the first check.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer
import uvicorn
from judges.lint import MODULES, npm_or_nothing
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.servers import free_port, started
from seatunnel_conformance.arrange.profiles import STANDARD
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.analysis import diagnosis
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Contract, Operation, load

DOCUMENTED: Final = "documented"

Cheat: TypeAlias = Callable[[Contract], Starlette]

_EVERY: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]


def empty_object(_: Contract) -> Starlette:
    """Returns `{}` for every other request."""

    async def answer(_: Request) -> Response:
        return _json({})

    return _everywhere(answer)


def random_json(_: Contract) -> Starlette:
    """Returns 200 with random JSON."""
    dice = random.Random(0)  # noqa: S311 - no secrets here

    async def answer(_: Request) -> Response:
        values: list[Any] = [None, True, 7, "text", [], [{}], {"jobId": "1"}, {"status": "fail"}]
        return _json(dice.choice(values))

    return _everywhere(answer)


def echo(_: Contract) -> Starlette:
    """Returns the body of the request, or its path and query if it has no body."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        asked = {"path": request.url.path, **dict(request.query_params)}
        return Response(body or json.dumps(asked), media_type="application/json")

    return _everywhere(answer)


def examples(contract: Contract) -> Starlette:
    """Returns the examples of the contract: valid responses without meaning."""
    routes = [Route(each.path, _shown(each, contract), methods=[each.method]) for each in contract.operations]
    return Starlette(routes=routes)


CHEATS: Final[Mapping[str, Cheat]] = {cheat.__name__: cheat for cheat in (empty_object, random_json, echo, examples)}

PRISM_MOCK: Final = "prism_mock"
"""`prism mock` with the contract: validates requests and returns valid responses, without an engine."""


def judged(url: str, profile: str = STANDARD, only: tuple[str, ...] = ()) -> Report:
    """Run the suite, or the checks that patterns select, and return its report."""
    return run(Settings(url=url, release=DOCUMENTED, profile=profile, only=only, allow_writes=True, wait=2.0))


def passed(report: Report) -> list[str]:
    """Return the ids of the checks that passed."""
    return [outcome.id for outcome in report.outcomes if outcome.verdict is Verdict.PASS]


def failed(report: Report) -> int:
    """Return the number of failed checks."""
    return sum(outcome.verdict is Verdict.FAIL for outcome in report.outcomes)


@contextmanager
def served(name: str) -> Iterator[str]:
    """Run a fake server in a separate process and yield its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as folder:
        command = [sys.executable, "-m", "bench.cheats", "--serve", name]
        if name == PRISM_MOCK:
            document = Path(folder, "openapi.json")
            document.write_text(json.dumps(load().published), encoding="utf-8")
            command = [str(MODULES / "prism"), "mock", str(document), "--verboseLevel", "silent"]
        with started(name, [*command, "--port", str(port)], port) as server:
            yield server.url


def names() -> list[str]:
    """Return the names of all fake servers; Prism's only if Node is installed."""
    return [*CHEATS, PRISM_MOCK] if npm_or_nothing() else [*CHEATS]


def main(
    serve: Annotated[str | None, typer.Option(help=f"Serve one of {', '.join(CHEATS)} instead.")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
) -> None:
    """Print for each fake server whether the suite failed it, and below which checks it passed."""
    if serve is not None:
        uvicorn.run(CHEATS[serve](load()), port=port, log_level="error", lifespan="off")
        return
    table = Table("cheat", "exit", "what the report says", "failed", "passed")
    passes = []
    for name in names():
        with served(name) as url:
            report = judged(url)
        won, looks = passed(report), diagnosis(report)
        said = looks.sentence if looks else ""
        table.add_row(name, str(int(report.footer.exit)), said, str(failed(report)), str(len(won)))
        passes.append(f"{name} passes {', '.join(won) or 'nothing'}")
    console = Console()
    console.print(table)
    console.print("\n".join(passes), soft_wrap=True)


def _json(value: Any) -> Response:
    return Response(json.dumps(value), media_type="application/json")


def _everywhere(answer: Callable[[Request], Any]) -> Starlette:
    async def overview(_: Request) -> Response:
        return _json({"projectVersion": "2.3.10"})

    return Starlette(routes=[Route("/overview", overview), Route("/{path:path}", answer, methods=_EVERY)])


def _shown(operation: Operation, contract: Contract) -> Callable[[Request], Any]:
    """Return a handler that sends the first example of an operation's first success response."""
    content: Mapping[str, Any] = operation.responses["200"].get("content", {})
    media_type = next(iter(content), "application/json")
    body = content.get(media_type, {})
    shown = next(iter(body.get("examples", {}).values()), None)
    value = contract.resolve(shown)["value"] if shown is not None else body.get("example")
    text = json.dumps(value) if media_type.startswith("application/json") else str(value)

    async def answer(_: Request) -> Response:
        return Response(text, media_type=media_type)

    return answer


if __name__ == "__main__":
    typer.run(main)
