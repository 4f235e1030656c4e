"""`seatunnel-v2 cleanup`: what a run has left behind that was killed, or lost its target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import say, told_in_a_line
from seatunnel_v2.options import checking
from seatunnel_v2.options.connecting import connecting

if TYPE_CHECKING:
    from seatunnel_conformance.cleanup import Tidied
    from seatunnel_conformance.journal import Remains

EPILOG = """Examples:

$ seatunnel-v2 cleanup --list

$ seatunnel-v2 cleanup

$ seatunnel-v2 cleanup http://cluster:8080 --basic-auth admin

$ seatunnel-v2 cleanup --journal run.ndjson

Exit status: 0 nothing is left, 2 usage, 3 a target can't be reached, 5 something could not be undone, or still goes on.
"""

ListOnly: TypeAlias = Annotated[bool, typer.Option("--list", help="Print what there is to do, and do nothing.")]

JournalOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="FILE", help="Only this journal; otherwise all of your state folder.", show_default=False
    ),
]


@connecting
def cleanup(
    url: checking.Url = None,
    journal: JournalOption = None,
    list_only: ListOnly = False,  # noqa: FBT002 - a flag
    *,
    connection: Mapping[str, Any],
) -> None:
    """Stop the jobs and put back the tags of conformance runs that could not do it themselves.

    Only jobs are touched that a run's journal names, or whose names begin as that run's alone do. With a URL only runs
    on that deployment; it may name another address of the same one together with --journal.
    """
    with told_in_a_line():
        wanted = None if url is None else settings_of(url, connection).url
        found = [each for each in _remains(journal) if wanted is None or journal or each.url == wanted]
    if not found:
        say(f"No run has left anything{f' on {wanted}' if wanted else ''}.\n")
        return
    if list_only:
        say("".join(map(_line, found)))
        return
    raise typer.Exit(max(_tidied(each, url or each.url, connection) for each in found))


def _remains(journal: Path | None) -> list[Remains]:
    from seatunnel_conformance.journal import Remains, journals, state_folder  # noqa: PLC0415 - see the package

    return [Remains.read(path) for path in ([journal] if journal else journals(state_folder()))]


def _line(remains: Remains) -> str:
    state = f"still going on, as process {remains.pid}" if remains.is_going_on else "ended"
    tags = ", tags" if remains.tags is not None else ""
    return f"{remains.run}  {remains.url}  {len(remains.jobs)} jobs{tags}  {state}\n  {remains.path}\n"


def _tidied(remains: Remains, url: str, connection: Mapping[str, Any]) -> ExitStatus:
    """Tidy up after one run, and return how that went."""
    if remains.is_going_on:
        say(f"{remains.run}: still going on, as process {remains.pid}; nothing was touched.\n")
        return ExitStatus.UNDECIDED
    from seatunnel_conformance.cleanup import tidy  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target import Target  # noqa: PLC0415 - as above

    with told_in_a_line():
        asked = settings_of(url, connection)
    with Target(asked.url, limits=asked.limits, connection=asked.connection) as target:
        done = tidy(remains, target)
    say(f"{remains.run} on {remains.url}: {_said(done)}\n")
    if done.trouble:
        return ExitStatus.UNREACHABLE
    return ExitStatus.OK if done.is_complete else ExitStatus.UNDECIDED


def _said(done: Tidied) -> str:
    parts = [f"{len(done.stopped)} jobs stopped"]
    parts += ["tags put back"] if done.tags else []
    parts += [f"these could not be stopped: {', '.join(done.left)}"] if done.left else []
    parts += [done.trouble] if done.trouble else []
    return "; ".join(parts) + "."
