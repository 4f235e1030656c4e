"""`seatunnel-v2 cleanup`: what a run has left behind that was killed, or lost its target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from seatunnel_conformance.text.visible import line
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, say, told_in_a_line, warn
from seatunnel_v2.options import checking
from seatunnel_v2.options.connecting import connecting

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.journal import NoJournal, Remains
    from seatunnel_conformance.run.cleanup import Tidied

EPILOG = """Examples:

$ seatunnel-v2 cleanup --list

$ seatunnel-v2 cleanup

$ seatunnel-v2 cleanup http://cluster:8080 --basic-auth admin

$ seatunnel-v2 cleanup --journal run.ndjson

Exit status: 0 nothing is left, 2 usage, 3 a target can't be reached, 5 something could not be undone, still goes on, or
stands in a journal that can't be read.
"""

ListOnly: TypeAlias = Annotated[bool, typer.Option("--list", help="Print what there is to do, and do nothing.")]

_LONGEST: Final = 400
"""Characters of a line about a journal, whose path may be long."""

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

    Only jobs are touched that a run's journal names and whose names begin as that run's alone do. With a URL only runs
    on that deployment. Credentials go to no address but the URL. A damaged journal is named, and keeps no other from
    its turn.
    """
    with told_in_a_line():
        asked = None if url is None else settings_of(url, connection)
        found, unread = _remains(journal)
    wanted = found if asked is None else [each for each in found if each.url == asked.url]
    if journal and found and not wanted:
        fail(ExitStatus.USAGE, f"{journal} is of a run on {found[0].url}", "give that URL, or none")
    if not wanted and not unread:
        say(f"No run has left anything{f' on {asked.url}' if asked else ''}.\n")
        return
    done = [_listed(each) if list_only else _tidied(each, url, connection) for each in wanted]
    raise typer.Exit(max([*done, *(ExitStatus.UNDECIDED for _ in unread)]))


def _remains(journal: Path | None) -> tuple[list[Remains], list[NoJournal]]:
    """Return what journals say, and those that are none; each of these is named in a line. Raises `NoJournal`."""
    from seatunnel_conformance.arrange.journal import NoJournal, Remains, journals, state_folder  # noqa: PLC0415 - see the package

    if journal:
        return [Remains.read(journal)], []
    found, unread = list[Remains](), list[NoJournal]()
    for path in journals(state_folder()):
        try:
            found.append(Remains.read(path))
        except NoJournal as problem:
            warn(f"{line(str(problem), _LONGEST)}; hint: look at it, and remove it")
            unread.append(problem)
    return found, unread


def _listed(remains: Remains) -> ExitStatus:
    """Print what a run has left."""
    state = f"still going on, as process {remains.pid}" if remains.is_going_on else "ended"
    tags = ", tags" if remains.tags is not None else ""
    say(f"{remains.run}  {remains.url}  {len(remains.jobs)} jobs{tags}  {state}\n")
    say(f"  {line(str(remains.path), _LONGEST)}\n")
    _tell_ignored(remains)
    return ExitStatus.OK


def _tell_ignored(remains: Remains) -> None:
    if remains.ignored:
        more = f", and {len(remains.ignored) - 1} more" if len(remains.ignored) > 1 else ""
        told = f"{remains.path} holds what no run writes for its own jobs: {remains.ignored[0]}{more}"
        warn(f"{line(told, _LONGEST)}; hint: nothing is done about it: look at it, and remove the file")


def _tidied(remains: Remains, url: str | None, connection: Mapping[str, Any]) -> ExitStatus:
    """Tidy up after one run, and return how that went."""
    if remains.is_going_on:
        say(f"{remains.run}: still going on, as process {remains.pid}; nothing was touched.\n")
        return ExitStatus.UNDECIDED
    from seatunnel_conformance.run.cleanup import tidy  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.target.deployment import Target  # noqa: PLC0415 - as above

    _tell_ignored(remains)
    with told_in_a_line():
        asked = settings_of(url or remains.url, connection)
    if url is None and any(asked.connection.secrets()):
        warn(f"{remains.run}: credentials go to no address that only a journal names; hint: cleanup {remains.url}")
        return ExitStatus.UNDECIDED
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
    parts += [part for part in (done.trouble, done.kept) if part]
    return "; ".join(parts) + "."
