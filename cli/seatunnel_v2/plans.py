"""What a run would change, told before it does: as a table, as JSON, or in a line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from seatunnel_conformance.transport.addresses import is_loopback

if TYPE_CHECKING:
    from seatunnel_conformance.changes import Changes
    from seatunnel_conformance.settings import Settings


def show_plan(settings: Settings, *, as_json: bool) -> None:
    """Print the plan; the target is asked which release it is, and nothing else."""
    from seatunnel_conformance.releases import choose  # noqa: PLC0415 - see the package's docstring

    found = _changes(settings, choose(settings).contract.release)
    if as_json:
        sys.stdout.write(json.dumps(found.as_json(), indent=2) + "\n")
    else:
        _print(found)


def tell_plan(settings: Settings) -> None:
    """Say in a line what a run is about to change, to those who watch, and whenever it is on another machine."""
    if sys.stderr.isatty() or not is_loopback(settings.url):
        found = _changes(settings, settings.release)
        if found.total:
            sys.stderr.write(f"plan: {found.line}; --plan shows more\n")


def _changes(settings: Settings, release: str) -> Changes:
    from seatunnel_conformance import registry  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.changes import changes  # noqa: PLC0415 - as above
    from seatunnel_conformance.selection import plan  # noqa: PLC0415 - as above
    from seatunnel_openapi import load  # noqa: PLC0415 - as above

    return changes(settings, plan(settings, load(release), registry.all_checks()))


def _print(found: Changes) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package's docstring
    from rich.table import Table  # noqa: PLC0415 - as above

    console = Console(highlight=False)
    if not found.total:
        console.print("Nothing: the run would only read.")
        return
    table = Table("operation", "checks", "at most", box=None)
    for change in found.by_operation:
        table.add_row(change.operation, str(change.checks), str(change.at_most))
    console.print(table)
    console.print(f"\nIn all at most {found.total} requests that change the target; one can count for two operations.")
    console.print(f"Jobs are named {found.names['jobs']}, tags {found.names['tags']}.")
