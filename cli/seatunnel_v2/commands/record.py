"""`seatunnel-v2 record`: what a deployment answers, as a file that can be replayed and contributed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatunnel_v2.addresses import address_of, settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail
from seatunnel_v2.options import checking, comparing
from seatunnel_v2.options.connecting import connecting
from seatunnel_v2.progress import Progress
from seatunnel_v2.reference import ServerDidNotStart, deployment, own_release

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Address, Take, Taken

EPILOG = """Examples:

$ seatunnel-v2 record http://localhost:8080 -o 2.3.11.ndjson

$ seatunnel-v2 record http://cluster:8080/seatunnel --release 2.3.11 --allow-writes -o 2.3.11.ndjson

$ seatunnel-v2 record http://localhost:8080 --no-tags -o 2.3.11.ndjson

$ seatunnel-v2 replay reference:2.3.10 --recordings 2.3.11.ndjson --failures

Exit status: 0 recorded, 2 usage, 3 unreachable, 4 nothing selected, 5 some steps came to no answer, 130 cut off: the
same command goes on from there.
"""


@connecting
def record(  # noqa: PLR0913, PLR0917 - a parameter for each option
    url: comparing.Deployment,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="Where the recording goes.")
    ],
    release: Annotated[
        str, typer.Option("--release", metavar="NAME", help="What it is called; `auto` asks the deployment.")
    ] = "auto",
    only: Annotated[str, typer.Option("--only", metavar="GLOB", help="Scenarios, as `area/scenario`.")] = "*",
    allow_writes: checking.AllowWrites = False,  # noqa: FBT002 - a flag
    tag: checking.Tag = [],  # noqa: B006 - typer's default for a repeated option
    no_tags: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--no-tags", help="The node has no tags: the scenarios that replace them may be played.")
    ] = False,
    *,
    connection: Mapping[str, Any],
) -> None:
    """Record what the deployment at URL answers to the scenarios, normalised, as a file that can be committed.

    It runs some 200 small jobs of its own there, and stops those that don't end. Tags are replaced only where --tag or
    --no-tags says what they are afterwards. Answers that tell of other people's jobs are left out.
    """
    from seatunnel_conformance.redaction import redact_url  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target import is_loopback  # noqa: PLC0415 - as above

    if own_release(url) is None and not is_loopback(url) and not allow_writes:
        problem = f"recording runs jobs on {redact_url(url)}, which is another machine"
        fail(ExitStatus.USAGE, problem, "--allow-writes permits it")
    try:
        with deployment(url) as found:
            address = address_of(url, found, connection)
            name = own_release(url) or release if release == "auto" else release
            take = _take(address, output, name, only, _tags(tag, none=no_tags))
            taken = _taken(address, take)
    except ServerDidNotStart as broken:
        fail(broken.status, str(broken))
    sys.stderr.write(_summary(take, taken))
    raise typer.Exit(ExitStatus.UNDECIDED if taken.troubled or taken.left else ExitStatus.OK)


def _tags(pairs: list[str], *, none: bool) -> Mapping[str, str] | None:
    from seatunnel_conformance.settings import InvalidSettings, parse_tags  # noqa: PLC0415 - see the package's docstring

    try:
        return parse_tags(pairs) if pairs or none else None
    except InvalidSettings as problem:
        fail(ExitStatus.USAGE, str(problem))


def _take(address: Address, output: Path, release: str, only: str, tags: Mapping[str, str] | None) -> Take:
    import seatunnel_openapi  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.errors import Inconclusive  # noqa: PLC0415 - as above
    from seatunnel_conformance.releases import choose  # noqa: PLC0415 - as above
    from seatunnel_conformance.replay import Take, scenarios_for  # noqa: PLC0415 - as above

    name, known = release, seatunnel_openapi.releases()
    if release == "auto":
        try:
            choice = choose(settings_of(address, "auto"))
        except Inconclusive as problem:
            fail(ExitStatus.UNREACHABLE, str(problem))
        name = choice.contract.release
        sys.stderr.write(f"recorded as {name}: {choice.note}\n")
    take = Take(name, output, scenarios_for(name, known), only, tags)
    if not take.selected():
        fail(ExitStatus.NOTHING_SELECTED, f"no scenario matches {only}, or all of them replace tags")
    return take


def _taken(address: Address, take: Take) -> Taken:
    from seatunnel_conformance.replay import BrokenRecording, NoAnswer, record  # noqa: PLC0415 - as above

    try:
        with Progress() as progress:
            return record(address, take, report=lambda scenario: progress.show(f"{scenario.area}/{scenario.name}"))
    except BrokenRecording as problem:
        fail(ExitStatus.USAGE, str(problem), "remove that file to begin anew")
    except NoAnswer as problem:
        fail(ExitStatus.UNREACHABLE, f"{address}: {problem}")
    except OSError as problem:
        if problem.filename is not None:
            fail(ExitStatus.USAGE, f"{problem.filename} can't be written: {problem.strerror}")
        fail(ExitStatus.UNREACHABLE, f"{address} can't be reached: {problem.strerror or problem}")
    except KeyboardInterrupt:
        sys.stderr.write(f"\ncut off: {take.part} holds what was recorded; the same command goes on from there\n")
        raise typer.Exit(ExitStatus.INTERRUPTED) from None


def _summary(take: Take, taken: Taken) -> str:
    lines = [f"{taken.steps} steps of {taken.scenarios} scenarios are recorded in {take.file} as {take.release}"]
    lines += [f"{taken.resumed} of the scenarios were there from an earlier call"] if taken.resumed else []
    if take.barred():
        lines.append(f"{take.barred()} scenarios replace tags and were left out: --tag or --no-tags permits them")
    if taken.strange:
        lines.append(f"left out, as they name jobs that somebody has: {', '.join(taken.strange)}")
    if taken.withheld:
        lines.append(f"left out, as they tell of other people's jobs: {', '.join(taken.withheld)}")
    if taken.troubled:
        lines.append(f"without the answer that they wait for: {', '.join(taken.troubled)}")
    if taken.left:
        lines.append(f"jobs that could not be stopped: {', '.join(taken.left)}")
    return "".join(f"{line}\n" for line in lines)
