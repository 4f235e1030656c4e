"""`seatunnel-v2 docs-lint`: compare documentation of the API with a contract."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import load_contract, say, say_json, warn
from seatunnel_v2.options import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from seatunnel_conformance.documentation import DocumentationFinding
    from seatunnel_conformance.rehearsal import LoggedRequest
    from seatunnel_openapi import Contract

EPILOG = """Examples:

$ seatunnel-v2 docs-lint README.md docs/*.md

$ seatunnel-v2 docs-lint rest-api-v2.md --release 2.3.9 --run --format markdown

Exit status: 0 nothing found; 1 a page does not match the contract; 2 invalid usage, or a file can't be read.
"""

_LONGEST = 2**19
"""Maximum bytes of a page. A page of this size that is all markup takes seconds."""

_JOB = {
    "env": {"job.mode": "STREAMING"},
    "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"name": "string"}}}],
    "sink": [{"plugin_name": "Console"}],
}
"""The job that runs on the reference server. Its id replaces the ids and placeholders of the pages."""


def docs_lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Markdown pages; `-` is standard input.")],
    release: documents.ClusterRelease = None,
    run: Annotated[bool, typer.Option("--run", help="Send the requests to a reference server, too.")] = False,  # noqa: FBT002 - typer's own way
    format: Annotated[documents.TextFormat, documents.FORMAT] = "text",  # noqa: A002 - the option's name
) -> None:
    """Compare the curl commands and the JSON of Markdown pages with the contract of a release.

    It reports paths, methods, parameters, bodies, credentials and responses that the release does not have, and jobs
    that it would refuse. A block of JSON is compared with the body or the response of the request before it, as the
    heading or sentence before the block says.
    """
    from seatunnel_conformance.documentation import PageLint, items_of

    contract = load_contract(release)
    with ExitStack() as stack:
        send = stack.enter_context(_sender(contract)) if run else None
        lint = PageLint(contract, _other_contracts, lambda job: _problems(job, contract), send)
        texts = {file: text for file in files if (text := _text(file)) is not None}
        found = [(file, each) for file, text in texts.items() for each in lint.findings(items_of(text))]
    if texts:
        if format == "json":
            say_json([{"file": str(file), **dataclasses.asdict(each)} for file, each in found])
        else:
            say((_markdown if format == "markdown" else _lines)(found))
    if texts.keys() != set(files):
        raise typer.Exit(ExitStatus.USAGE)
    if found:
        raise typer.Exit(ExitStatus.DEVIATES)


def _text(file: Path) -> str | None:
    """Return the text of a page, or None after a message if it can't be read."""
    from seatunnel_openapi.files import read_text

    try:
        return read_text(file, _LONGEST)
    except OSError as problem:
        warn(f"{file} can't be read: {problem.strerror}")
        return None


def _other_contracts() -> list[Contract]:
    import seatunnel_openapi

    return [seatunnel_openapi.load(release) for release in seatunnel_openapi.releases()]


def _problems(job: Any, contract: Contract) -> list[str]:
    from seatunnel_server.checking import OWN_PLUGIN, FindingSeverity, Language, check_job

    checked = check_job(json.dumps(job).encode(), "-", contract, language=Language.JSON)
    errors = [finding for finding in checked.findings if finding.severity is FindingSeverity.ERROR]
    hints = [finding.hint.removesuffix(OWN_PLUGIN).strip() for finding in errors]
    return ["; ".join(filter(None, (finding.message, hint))) for finding, hint in zip(errors, hints, strict=True)]


@contextmanager
def _sender(contract: Contract) -> Iterator[Callable[[LoggedRequest], tuple[int, str]]]:
    """Yield a function that sends requests to a new reference server, on which a job runs."""
    import httpx2

    from seatunnel_conformance.documentation import filled
    from seatunnel_server.engine.memory.connectors.catalogue import ConnectorMode
    from seatunnel_server.serving.embedded import EmbeddedServer
    from seatunnel_server.serving.process import ServeOptions

    plan = ServeOptions(release=contract.release, connectors=ConnectorMode.ANY)
    with EmbeddedServer(plan) as server, httpx2.Client(base_url=server.url, transport=server.transport) as client:
        job_id = str(client.post("/submit-job", json=_JOB).json()["jobId"])

        def send(request: LoggedRequest) -> tuple[int, str]:
            ready = filled(request, job_id)
            response = client.request(
                ready.method, ready.url, content=(ready.body or "").encode(), headers=dict(ready.headers)
            )
            return response.status_code, response.text

        yield send


def _lines(found: list[tuple[Path, DocumentationFinding]]) -> str:
    lines = []
    for file, each in found:
        hint = f"    hint: {each.hint}\n" if each.hint else ""
        lines.append(f"{file}:{each.line}: {each.subject}: {each.message}\n{hint}")
    lines.append(f"{len(found)} finding{'' if len(found) == 1 else 's'}\n")
    return "".join(lines)


def _markdown(found: list[tuple[Path, DocumentationFinding]]) -> str:
    cells = [(f"{file.name}:{each.line}", f"`{each.subject}`", each.message, each.hint) for file, each in found]
    rows = [" | ".join(" ".join(cell.replace("|", r"\|").split()) for cell in row) for row in cells]
    return "| place | what | finding | hint |\n|---|---|---|---|\n" + "".join(f"| {row} |\n" for row in rows)
