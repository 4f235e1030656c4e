"""`seatunnel-v2 replay`: how much of what a real engine answered a deployment answers alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatunnel_v2 import completing
from seatunnel_v2.addresses import address_of, require_permission
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, say, told_in_a_line
from seatunnel_v2.options import checking, comparing
from seatunnel_v2.options.connecting import connecting
from seatunnel_v2.reference import deployment, own_release

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Fidelity, Mark, Recording

EPILOG = """Examples:

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.10

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.9 --only 'job-info/*' --failures

$ seatunnel-v2 replay http://localhost:8080 --recordings mine.ndjson

$ seatunnel-v2 replay reference:2.3.10

Exit status: 0 all answers are alike, 1 one differs, 2 usage, 3 unreachable, 4 nothing selected, 5 the
target's answers can't be read, 130 interrupted.
"""

_SHOWN = 5


@connecting
def replay(  # noqa: PLR0913, PLR0917 - a parameter for each option
    url: comparing.Deployment,
    release: Annotated[
        str | None,
        typer.Option(
            "--release",
            metavar="R",
            help="The release whose recording is played.",
            show_default=False,
            autocompletion=completing.releases,
        ),
    ] = None,
    only: Annotated[str, typer.Option("--only", metavar="GLOB", help="Scenarios, as `area/scenario`.")] = "*",
    failures: Annotated[  # noqa: FBT002 - typer's own way
        bool, typer.Option("--failures", help="Print each step that differs, and in what.")
    ] = False,
    recordings: Annotated[
        Path | None,
        typer.Option(
            "--recordings",
            metavar="FILE",
            help="A recording of your own, or a folder with one for each release.",
            show_default=False,
        ),
    ] = None,
    allow_writes: checking.AllowWrites = False,  # noqa: FBT002 - a flag
    tag: checking.Tag = [],  # noqa: B006 - typer's default for a repeated option
    *,
    connection: Mapping[str, Any],
) -> None:
    """Play the recording of a release against the deployment at URL, and print what matches.

    It runs some 200 small jobs there, all of which end. Scenarios replace the tags of the node; afterwards it has those
    of --tag, or none.
    """
    from seatunnel_conformance.arrange.settings import parse_tags  # noqa: PLC0415 - as above
    from seatunnel_conformance.replay import replay as replayed  # noqa: PLC0415 - see the package's docstring

    with told_in_a_line():
        tags = parse_tags(tag)
        recording = _recording(release or own_release(url), recordings).only(only)
        if not recording.scenarios:
            fail(ExitStatus.NOTHING_SELECTED, f"no recorded scenario matches {only}")
        require_permission(url, allow_writes=allow_writes, what="replaying runs jobs")
        with deployment(url) as found:
            address = address_of(url, found, connection)
            fidelity = replayed(address, recording, tags=tags, report=_print_difference if failures else _say_nothing)
    say(render(fidelity))
    raise typer.Exit(ExitStatus.OK if fidelity.matched == fidelity.total else ExitStatus.DEVIATES)


def render(fidelity: Fidelity) -> str:
    """Return the matches by area and in total, a line each."""
    rows = [*fidelity.areas().items(), ("total", fidelity)]
    return "".join(f"{100 * part.share:6.2f} %  {part.matched:4d} of {part.total:4d}  {name}\n" for name, part in rows)


def _recording(release: str | None, given: Path | None) -> Recording:
    """Return the recording of a file, of a release in a folder, or of a release that is carried."""
    from seatunnel_conformance.replay import Recording, carried  # noqa: PLC0415 - see the package's docstring

    if given is not None and not given.is_dir():
        return Recording.load(given)
    if release is None:
        fail(ExitStatus.USAGE, "give --release, or --recordings with a file", "seatunnel-v2 replay --help")
    return Recording.load(given / f"{release}.ndjson") if given else carried(release)


def _print_difference(mark: Mark) -> None:
    if not mark.matches:
        say(f"differs  {mark.name}\n" + "".join(f"  {text}\n" for text in mark.differences[:_SHOWN]))


def _say_nothing(_: Mark) -> None:
    """Keep quiet about single steps."""
