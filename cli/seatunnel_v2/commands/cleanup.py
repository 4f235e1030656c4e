"""`seatunnel-v2 cleanup`: stop jobs and restore tags that an interrupted run left behind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Panel
from seatunnel_conformance.text.visible import line
from seatunnel_v2.addresses import settings_of
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reporting_errors, say, warn
from seatunnel_v2.options.run import Url, takes

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.leftovers import CleanupResult, Leftovers, NoJournal

EPILOG = """Examples:

$ seatunnel-v2 cleanup --list

$ seatunnel-v2 cleanup

$ seatunnel-v2 cleanup http://cluster:8080 --basic-auth admin

$ seatunnel-v2 cleanup --journal run.ndjson

Exit status: 0 everything is cleaned up; 2 invalid usage; 3 a target can't be reached; 5 a change could not be undone,
the time is used up, a run is still active, or a journal can't be read.
"""

ListOnly: TypeAlias = Annotated[bool, typer.Option("--list", help="Only print what would be done.")]

_LONGEST: Final = 400
"""Maximum characters of a message about a journal, whose path may be long."""

_BAD_JOURNAL: Final = "inspect the file, then remove it"
"""The hint about a journal that is damaged, or has invalid entries."""

JOURNAL: Final = replace(
    options.JOURNAL, help="Use only this journal. Default: all journals in your state folder.", panel=Panel.MAIN
)


@takes(JOURNAL, *options.CONNECTION)
def cleanup(url: Url = None, list_only: ListOnly = False, *, given: Mapping[str, Any]) -> None:  # noqa: FBT002 - a flag
    """Stop the jobs and restore the tags that interrupted conformance runs left behind.

    It stops only jobs that are listed in the journal of a run and whose names start with the prefix of that run. With a
    URL, it cleans up only the runs on that deployment. Credentials are sent only to the URL. Damaged journals are
    reported and skipped.
    """
    begun = time.monotonic()
    journal = given["journal"]
    with reporting_errors():
        asked = None if url is None else settings_of(url, given)
        found, unread = _leftovers(journal)
    wanted = found if asked is None else [each for each in found if each.url == asked.url]
    if journal and found and not wanted:
        fail(ExitStatus.USAGE, f"{journal} belongs to a run on {found[0].url}", "pass that URL, or no URL")
    if not wanted and not unread:
        say(f"Nothing to clean up{f' on {asked.url}' if asked else ''}.\n")
        return
    done = [_listed(each) if list_only else _clean_up(each, url, given, begun) for each in wanted]
    raise typer.Exit(max([*done, *(ExitStatus.UNDECIDED for _ in unread)]))


def _leftovers(journal: Path | None) -> tuple[list[Leftovers], list[NoJournal]]:
    """Return the contents of the journals, and the errors of damaged ones, after printing them.

    Raises `NoJournal` if `journal` itself is damaged.
    """
    from seatunnel_conformance.arrange.leftovers import Leftovers, NoJournal, journals
    from seatunnel_conformance.arrange.settings import state_folder

    if journal:
        return [Leftovers.read(journal)], []
    found, unread = list[Leftovers](), list[NoJournal]()
    for path in journals(state_folder()):
        try:
            found.append(Leftovers.read(path))
        except NoJournal as error:
            warn(line(str(error), _LONGEST), _BAD_JOURNAL)
            unread.append(error)
    return found, unread


def _listed(leftovers: Leftovers) -> ExitStatus:
    """Print what a run left behind, and return the exit status."""
    from seatunnel_conformance.report.text import counted

    if leftovers.is_going_on:
        state = f"the run is still active as process {leftovers.pid}; cleanup would change nothing"
    else:
        tags = "" if leftovers.tags is None else " and restore tags"
        state = f"the run has ended; cleanup would stop {counted(len(leftovers.jobs), 'job')}{tags}"
    say(f"{leftovers.run}  {leftovers.url}  {state}\n")
    say(f"  {line(str(leftovers.path), _LONGEST)}\n")
    _warn_of_ignored(leftovers)
    return ExitStatus.OK


def _warn_of_ignored(leftovers: Leftovers) -> None:
    if leftovers.ignored:
        more = f", and {len(leftovers.ignored) - 1} more" if len(leftovers.ignored) > 1 else ""
        message = f"{leftovers.path} contains invalid entries, which are ignored: {leftovers.ignored[0]}{more}"
        warn(line(message, _LONGEST), _BAD_JOURNAL)


def _clean_up(leftovers: Leftovers, url: str | None, given: Mapping[str, Any], begun: float) -> ExitStatus:
    """Clean up after one run and return the exit status."""
    if leftovers.is_going_on:
        say(f"{leftovers.run}: still running as process {leftovers.pid}; nothing was changed.\n")
        return ExitStatus.UNDECIDED
    from seatunnel_conformance.arrange.leftovers import clean_up
    from seatunnel_conformance.target.deployment import Target

    _warn_of_ignored(leftovers)
    with reporting_errors():
        asked = settings_of(url or leftovers.url, given)
    if url is None and any(asked.connection.secrets()):
        refused = f"{leftovers.run}: credentials are not sent to an address from a journal"
        warn(refused, f"seatunnel-v2 cleanup {leftovers.url}")
        return ExitStatus.UNDECIDED
    # `--max-time` is the time for all journals together.
    limits = replace(asked.limits, begun=begun)
    with Target(asked.url, limits=limits, connection=asked.connection) as target:
        done = clean_up(leftovers, target)
    say(f"{leftovers.run} on {leftovers.url}: {_summary(done)}\n")
    if done.error and limits.left <= limits.reserve:
        return ExitStatus.UNDECIDED
    if done.error:
        return ExitStatus.UNREACHABLE
    return ExitStatus.OK if done.is_complete else ExitStatus.UNDECIDED


def _summary(done: CleanupResult) -> str:
    from seatunnel_conformance.report.text import counted

    parts = [f"{counted(len(done.stopped), 'job')} stopped"]
    parts += ["tags restored"] if done.tags else []
    parts += [f"jobs that could not be stopped: {', '.join(done.left)}"] if done.left else []
    parts += [part for part in (done.error, done.kept) if part]
    return "; ".join(parts) + "."
