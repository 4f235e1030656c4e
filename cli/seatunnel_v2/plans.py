"""The plan of a run, the changes that it would make: as a table, as JSON, or as one line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from seatunnel_conformance.target.addresses import is_loopback
from seatunnel_v2.messages import say

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.settings import Settings
    from seatunnel_conformance.run.changes import Changes


def show_plan(settings: Settings, *, as_json: bool) -> None:
    """Print the plan. The target is only read, to detect its release."""
    from seatunnel_conformance.run.releases import choose  # noqa: PLC0415 - see the package's docstring

    found = _changes(settings, choose(settings).contract.release)
    if as_json:
        say(json.dumps(found.as_json(), indent=2) + "\n")
    else:
        _print(found)


def print_plan_line(settings: Settings) -> None:
    """Print the plan as one line, if stderr is a terminal or the target is on another machine."""
    if sys.stderr.isatty() or not is_loopback(settings.url):
        found = _changes(settings, settings.release)
        if found.total:
            say(f"plan: {found.line}; --plan shows more\n", err=True)


def _changes(settings: Settings, release: str) -> Changes:
    from seatunnel_conformance.checks import registry  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.run.changes import Allowances  # noqa: PLC0415 - as above
    from seatunnel_conformance.run.selection import plan  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    contract = load(release)
    return Allowances(settings, contract, plan(settings, contract, registry.all_checks())).changes()


def _print(found: Changes) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package's docstring
    from rich.table import Table  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    if not found.total:
        console.print("The run would change nothing.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in ("what", "sent to"):
        table.add_column(name)
    for name in ("checks", "at most"):
        table.add_column(name, justify="right")
    for row in found.rows:
        # Nearly all of them are; without the word the list is half as long.
        where = ", ".join(operation.removeprefix("POST ") for operation in row.operations)
        table.add_row(row.what, where, str(row.checks), str(row.at_most))
    console.print(table)
    console.print(
        f"\nAt most {found.total} requests change the target. At the end, the run stops its jobs and restores tags. "
        f"Jobs are named {found.names['jobs']}, tags {found.names['tags']}."
    )
