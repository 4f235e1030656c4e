"""Options of a conformance run: target, contract, selection of checks, permissions and limits."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from seatunnel_v2 import completing

_SELECTION: Final = "Checks"


class ProfileName(StrEnum):
    """The profiles of a run."""

    SMOKE = "smoke"
    READ_ONLY = "read-only"
    STANDARD = "standard"
    FULL = "full"


Url: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="URL", help="Address of the deployment, including its context path.", show_default=False),
]

Serve: TypeAlias = Annotated[
    bool,
    typer.Option("--serve", help="Start a reference server and check it.", rich_help_panel=_SELECTION),
]

TargetRelease: TypeAlias = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="Check against the contract of this release. `auto` detects the release of the target.",
        autocompletion=completing.releases_or_auto,
        rich_help_panel=_SELECTION,
    ),
]

ProfileOption: TypeAlias = Annotated[
    ProfileName,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="smoke: takes seconds, runs no jobs. read-only: changes nothing. standard: checks every clause, runs "
        "small jobs. full: sends more generated requests.",
        rich_help_panel=_SELECTION,
    ),
]

Only: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--only",
        metavar="PATTERN",
        help="Run only these checks. Can be repeated. A glob pattern that matches a clause id "
        "(`job-info.unknown-id`), a group (`job-info`), a level (`MUST`, `SHOULD`, `MAY`), or an operation by "
        "method and path (`GET /overview`), id (`get_overview`) or tag (`cluster`, `logs`).",
        rich_help_panel=_SELECTION,
    ),
]

Skip: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--skip",
        metavar="PATTERN",
        help="Skip these checks. Takes the same patterns as --only and takes precedence. Can be repeated.",
        rich_help_panel=_SELECTION,
    ),
]

WithFaults: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--with-faults",
        help="After the run, test the checks that passed: a local proxy breaks responses of the target, one fault at a "
        "time, as `seatunnel-v2 faults URL` does. Takes minutes.",
        rich_help_panel=_SELECTION,
    ),
]

_BASELINE: Final = "Known deviations"

Baseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="YAML or JSON file with known deviations: maps a clause or operation to the reason, or to an object "
        "with `reason`, `release`, `until` (a date) and `failures`. Known deviations don't fail the run. An "
        "entry whose check passes is stale and fails the run.",
        show_default=False,
        rich_help_panel=_BASELINE,
    ),
]

WriteBaseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Write the failures of this run to a baseline file. Entries of --baseline are kept, except stale ones.",
        show_default=False,
        rich_help_panel=_BASELINE,
    ),
]

AllowWrites: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-writes",
        help="Allow jobs and tags on a target on another machine. The suite changes only jobs that it submitted.",
        rich_help_panel=_SELECTION,
    ),
]

Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="Seed of generated requests. Repeats an earlier run.", rich_help_panel=_SELECTION
    ),
]

Wait: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=1.0,
        help="Maximum time to wait for a job to change its state. A check that waits longer is inconclusive.",
        rich_help_panel=_SELECTION,
    ),
]

Tag: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--tag",
        metavar="NAME=VALUE",
        help="A tag that the node has after the run, because the API can't read the current tags. Can be repeated.",
        rich_help_panel=_SELECTION,
    ),
]

MaxRequests: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-requests",
        metavar="N",
        min=1,
        help="Stop after N requests. The remaining checks are inconclusive.",
        rich_help_panel=_SELECTION,
        show_default=False,
    ),
]

JournalFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Write the journal for `seatunnel-v2 cleanup` to this file. Default: a file in your state folder.",
        rich_help_panel=_SELECTION,
        show_default=False,
    ),
]

Plan: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--plan",
        help="Print what the run would change on the target, and exit.",
        rich_help_panel=_SELECTION,
    ),
]

PlanAsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="With --plan: print JSON.", rich_help_panel=_SELECTION)
]
