"""What a run of the suite is asked to do: its target, its contract, what it selects, what it may."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from seatunnel_v2 import completing

_SELECTION: Final = "What is checked"


class ProfileName(StrEnum):
    """How much a run does."""

    SMOKE = "smoke"
    READ_ONLY = "read-only"
    STANDARD = "standard"
    FULL = "full"


Url: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="URL", help="The deployment's address, its context path included.", show_default=False),
]

Serve: TypeAlias = Annotated[
    bool,
    typer.Option("--serve", help="Start the reference server and check that one.", rich_help_panel=_SELECTION),
]

TargetRelease: TypeAlias = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="R",
        envvar="SEATUNNEL_RELEASE",
        help="Hold the target against this release's contract; `auto` asks it which one it is.",
        autocompletion=completing.releases_or_auto,
        rich_help_panel=_SELECTION,
    ),
]

ProfileOption: TypeAlias = Annotated[
    ProfileName,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="smoke: seconds, no jobs. read-only: all that changes nothing. standard: every clause, with small jobs of "
        "the run's own. full: more generated requests.",
        rich_help_panel=_SELECTION,
    ),
]

Only: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--only",
        metavar="PATTERN",
        help="Make only these checks; may be repeated. A pattern is a glob over a check's names: its clause id "
        "(`job-info.unknown-id`), the group of its clause (`job-info`), its level (`MUST`, `SHOULD`, `MAY`), and its "
        "operation by method and path (`GET /overview`), id (`get_overview`) or tag (`cluster`, `logs`).",
        rich_help_panel=_SELECTION,
    ),
]

Skip: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--skip",
        metavar="PATTERN",
        help="Leave these checks out, also of what --only selects; the same patterns, may be repeated.",
        rich_help_panel=_SELECTION,
    ),
]

WithFaults: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--with-faults",
        help="Then break the target's answers in small ways, one at a time and in a proxy on this machine, and see "
        "whether the checks that passed notice: as `seatunnel-v2 faults URL` does. It takes minutes.",
        rich_help_panel=_SELECTION,
    ),
]

_BASELINE: Final = "Known deviations"

Baseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Deviations that are known, in YAML or JSON: by clause or operation the reason, or an object of `reason`, "
        "`release`, `until` (a day) and `failures`. They don't fail the run; one that passes does: it is stale.",
        show_default=False,
        rich_help_panel=_BASELINE,
    ),
]

WriteBaseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Write what fails in this run as a baseline. Entries of --baseline are kept, but for stale ones.",
        show_default=False,
        rich_help_panel=_BASELINE,
    ),
]

AllowWrites: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--allow-writes",
        help="Run jobs and set tags on a target that is not this machine. Only the suite's own jobs are ever touched.",
        rich_help_panel=_SELECTION,
    ),
]

Seed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", help="Repeat the generated requests of an earlier run.", rich_help_panel=_SELECTION
    ),
]

Wait: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=1.0,
        help="How long a job may take to get anywhere; longer is inconclusive, no failure.",
        rich_help_panel=_SELECTION,
    ),
]

Tag: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--tag",
        metavar="NAME=VALUE",
        help="A tag that the target's node has when the run is over; may be repeated. The API can't be asked for them.",
        rich_help_panel=_SELECTION,
    ),
]

MaxRequests: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-requests",
        metavar="N",
        min=1,
        help="Send no more than N requests; what is left to check then is inconclusive.",
        rich_help_panel=_SELECTION,
        show_default=False,
    ),
]

MaxTime: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--max-time",
        metavar="SECONDS",
        help="End after so long, an hour by default; what is left to check then is inconclusive. Tidying up has a part "
        "of that time.",
        rich_help_panel=_SELECTION,
        show_default=False,
    ),
]

JournalFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--journal",
        metavar="FILE",
        help="Note here what a crash would leave, for `seatunnel-v2 cleanup`; otherwise in your state folder.",
        rich_help_panel=_SELECTION,
        show_default=False,
    ),
]

Plan: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--plan",
        help="Print what the run would change on the target, and end without changing it.",
        rich_help_panel=_SELECTION,
    ),
]

PlanAsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", help="With --plan: print it as JSON.", rich_help_panel=_SELECTION)
]
