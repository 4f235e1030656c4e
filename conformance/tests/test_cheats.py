"""Servers without an engine must fail, whatever fixed responses they send."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.servers import free_port, started
from judges.lint import MODULES, npm_or_nothing
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.analysis import diagnosis
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_openapi import Operation, load

pytestmark = pytest.mark.slow

HTTP_ONLY = {
    "http.accept-ignored",
    "http.json-content-type",
    "http.head",
    "http.trailing-slash",
    "http.sub-paths",
    "http.request-content-type",
}
"""Clauses that ask for no truth, only for manners."""

CONTRACT = load()
CLAUSES = ("*.*",)
"""Without generated requests, which find more: fewer checks have to do."""

EVERY = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]
DICE = random.Random(0)  # noqa: S311 - no secrets here
VALUES: list[Any] = [None, True, 7, "text", [], [{}], {"jobId": "1"}, {"status": "fail"}]


def sent(value: Any) -> Response:
    return Response(json.dumps(value), media_type="application/json")


async def overview(_: Request) -> Response:
    """Without the version, the suite would refuse the server before the first check."""
    return sent({"projectVersion": "2.3.10"})


async def empty_object(_: Request) -> Response:
    return sent({})


async def random_json(_: Request) -> Response:
    return sent(DICE.choice(VALUES))


async def echo(request: Request) -> Response:
    """Responds with the body of the request, or with its path and query if it has no body."""
    asked = {"path": request.url.path, **dict(request.query_params)}
    return Response(await request.body() or json.dumps(asked), media_type="application/json")


def example(operation: Operation) -> Callable[[Request], Any]:
    """Respond with the first example of an operation's successful response, which is valid, but not true."""
    content = operation.responses["200"].get("content", {})
    media_type, body = next(iter(content.items()), ("application/json", {}))
    shown = next(iter(body.get("examples", {}).values()), None)
    value = CONTRACT.resolve(shown)["value"] if shown is not None else body.get("example")
    text = json.dumps(value) if media_type.startswith("application/json") else str(value)

    async def answer(_: Request) -> Response:
        return Response(text, media_type=media_type)

    return answer


CHEATS = {
    one.__name__: [Route("/overview", overview), Route("/{path:path}", one, methods=EVERY)]
    for one in (empty_object, random_json, echo)
} | {"examples": [Route(each.path, example(each), methods=[each.method]) for each in CONTRACT.operations]}


def judged(url: str, only: tuple[str, ...]) -> Report:
    return run(Settings(url=url, release="documented", profile="smoke", only=only, allow_writes=True, wait=2.0))


def ids(report: Report, verdict: Verdict) -> set[str]:
    return {outcome.id for outcome in report.outcomes if outcome.verdict is verdict}


@pytest.mark.parametrize("name", CHEATS)
def test_cheat_does_not_conform(name: str, serve: Callable[[Any], str]):
    report = judged(serve(Starlette(routes=CHEATS[name])), () if name == "empty_object" else CLAUSES)

    assert report.footer.exit == 1
    assert len(ids(report, Verdict.FAIL)) > 5
    assert name != "empty_object" or ids(report, Verdict.PASS) <= HTTP_ONLY


@pytest.mark.skipif(shutil.which("npm") is None, reason="Prism needs Node.js")
def test_mock_made_of_the_contract_does_not_conform_and_is_called_a_mock(tmp_path: Path):
    assert npm_or_nothing()
    document, port = tmp_path / "openapi.json", free_port()
    document.write_text(json.dumps(CONTRACT.published), encoding="utf-8")
    command = [str(MODULES / "prism"), "mock", str(document), "--verboseLevel", "silent", "--port", str(port)]
    with started("prism", command, port) as server:
        report = judged(server.url, CLAUSES)

    assert report.footer.exit == 1
    assert len(ids(report, Verdict.FAIL)) > 5
    found = diagnosis(report)
    assert found is not None
    assert "a mock made from a contract" in found.sentence
