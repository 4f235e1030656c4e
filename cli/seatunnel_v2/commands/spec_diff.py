"""`seatunnel-v2 spec diff`: list the API changes between two releases."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from seatunnel_v2 import completing
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import load_contract, say

if TYPE_CHECKING:
    from seatunnel_openapi.comparison import Change

EPILOG = """Examples:

$ seatunnel-v2 spec diff 2.3.9 2.3.13

$ seatunnel-v2 spec diff documented 2.3.10 --breaking

$ seatunnel-v2 spec diff 3.1.0 proposal:12904

Exit status: 0 done; 1 with --breaking, if there are breaking changes; 2 invalid usage.
"""


def spec_diff(
    old: Annotated[str, typer.Argument(metavar="R1", help="Earlier release.", autocompletion=completing.releases)],
    new: Annotated[str, typer.Argument(metavar="R2", help="Later release.", autocompletion=completing.releases)],
    breaking: Annotated[  # noqa: FBT002 - typer's own way
        bool, typer.Option("--breaking", help="List only breaking changes. Exit with 1 if there are any.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,  # noqa: FBT002 - as above
) -> None:
    """List the API changes from R1 to R2, breaking changes first. Changes have the names of oasdiff."""
    from seatunnel_openapi.comparison import diff

    changes = [change for change in diff(load_contract(old), load_contract(new)) if change.is_breaking or not breaking]
    show = (lambda change: json.dumps(asdict(change), ensure_ascii=False)) if as_json else _line
    say("".join(f"{show(change)}\n" for change in changes))
    if breaking and changes:
        raise typer.Exit(ExitStatus.DEVIATES)


def _line(change: Change) -> str:
    values = f": {change.old or 'nothing'} -> {change.new or 'nothing'}" if change.old or change.new else ""
    where = " ".join(part for part in (change.operation or "everywhere", change.place) if part)
    return f"{change.severity:7}  {change.id}  {where}{values}"
