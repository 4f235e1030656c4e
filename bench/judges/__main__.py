"""Compares the suite with other tools: `python -m bench.judges --output docs/judges.ndjson`.

Existing lines of the file are kept, and only missing ones are measured. Two commands with different `--group` can write
to the same file at the same time.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer
from judges.lint import MODULES, npm_or_nothing

from bench.judges.groups import GROUPS, JudgeGroups
from bench.judges.runs import LIMIT
from bench.judges.sample import sample
from seatunnel_conformance.faults.catalogue import Fault
from seatunnel_docs.comparison import PRISM, RESPECT, SCHEMATHESIS, SUITE, Comparison, JudgesStarted, Line, encode
from seatunnel_openapi import load

_PACKAGES: Final = {RESPECT: "@redocly/cli", PRISM: "@stoplight/prism-cli"}


def main(  # noqa: PLR0913, PLR0917 - a parameter for each option
    output: Annotated[Path, typer.Option(help="File of the results.")] = Path("docs/judges.ndjson"),
    group: Annotated[list[str], typer.Option(help=f"One of {', '.join(GROUPS)}. Can be repeated.")] = list(GROUPS),  # noqa: B006
    per_kind: Annotated[int, typer.Option(help="Number of faults per kind.", min=1)] = 3,
    seed: Annotated[int, typer.Option(help="Seed that selects the faults; the tools use it, too.")] = 1,
    profile: Annotated[str, typer.Option(help="Profile of the suite.")] = "standard",
    release: Annotated[str, typer.Option(help="Release of the contract and of the server.")] = "documented",
    clean: Annotated[int, typer.Option(help="Number of runs without a fault.", min=1)] = 2,
) -> None:
    """Run every tool against every fault of a sample, each on a new server."""
    if not npm_or_nothing():
        raise typer.Exit(2)
    contract = load(release)
    faults = sample(contract, seed, per_kind)
    started = JudgesStarted(
        date=time.strftime("%Y-%m-%d", time.gmtime()),
        release=release,
        profile=profile,
        seed=seed,
        per_kind=per_kind,
        limit=LIMIT,
        faults=tuple(fault.id for fault in faults),
        versions=versions(),
        machine=f"{os.cpu_count()} processors, Python {platform.python_version()}",
    )
    known = Comparison.load(output)
    if known is None:
        write(output, started)
    elif different := differing(known.header, started):
        sys.exit(f"judges: {output} was measured with another {different}; name another file")
    for name in group:
        for line in tried(JudgeGroups(contract, seed, profile), name, faults, output, clean):
            write(output, line)


def differing(theirs: JudgesStarted, ours: JudgesStarted) -> str:
    """Return the settings in which a file differs, so that it can't be continued; empty if none."""
    names = ("release", "profile", "seed", "per_kind", "limit", "faults", "versions")
    return next((name for name in names if getattr(theirs, name) != getattr(ours, name)), "")


def tried(groups: JudgeGroups, name: str, faults: list[Fault], output: Path, clean: int) -> Iterator[Line]:
    """Yield the lines of a group that a file lacks, as they come; `clean` is how often it runs without any fault."""
    judges = GROUPS[name]
    for _ in range(clean - _clean_runs(output, judges[0])):
        yield from groups.clean(name)
    known = Comparison.load(output)
    assert known is not None  # noqa: S101 - it has a header by now
    done = {one.fault for one in known.judged if one.judge == judges[-1]}
    for fault in faults:
        if fault.id not in done:
            judged = groups.tried(name, fault, known.clean)
            yield from judged
            told = ", ".join(f"{one.judge} {one.fate} in {one.seconds:.0f} s" for one in judged)
            sys.stderr.write(f"{fault.id}: {told}\n")


def _clean_runs(output: Path, judge: str) -> int:
    known = Comparison.load(output)
    return sum(run.judge == judge for run in known.clean) if known else 0


def write(output: Path, line: Line) -> None:
    """Append a line to a file in one write."""
    with output.open("a", encoding="utf-8") as file:
        file.write(encode(line) + "\n")


def versions() -> dict[str, str]:
    """Return the versions of all tools, in the order of the report."""
    node = {
        judge: json.loads((MODULES.parent / name / "package.json").read_text(encoding="utf-8"))["version"]
        for judge, name in _PACKAGES.items()
    }
    return {SUITE: version("seatunnel-v2"), SCHEMATHESIS: version("schemathesis"), **node}


if __name__ == "__main__":
    typer.run(main)
