"""`seatunnel-v2 replay`: how much of what a real engine answered a deployment answers alike."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Fidelity, Mark

EPILOG = """Examples:

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.10

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.9 --only 'job-info/*' --failures
"""

_SHOWN = 5


def replay(
    url: Annotated[str, typer.Argument(metavar="URL", help="The deployment, with its context path.")],
    release: Annotated[str, typer.Option("--release", metavar="R", help="The release whose recording is played.")],
    only: Annotated[str, typer.Option("--only", metavar="GLOB", help="Scenarios, as `area/scenario`.")] = "*",
    failures: Annotated[  # noqa: FBT002 - typer's own way
        bool, typer.Option("--failures", help="Print each step that differs, and in what.")
    ] = False,
    recordings: Annotated[
        Path | None, typer.Option("--recordings", metavar="DIR", help="Where the recordings are.", show_default=False)
    ] = None,
) -> None:
    """Play the recording of a release against the deployment at URL, and print what matches.

    It runs some 200 small jobs there, all of which end, and replaces the tags of the node.
    """
    from seatunnel_conformance import replay as replaying  # noqa: PLC0415 - see the package's docstring

    try:
        recording = replaying.Recording.load(_recording_of(release, recordings)).only(only)
    except replaying.BrokenRecording as problem:
        fail(ExitStatus.USAGE, str(problem))
    try:
        fidelity = replaying.replay(url, recording, report=_print_difference if failures else _say_nothing)
    except OSError as problem:
        fail(ExitStatus.UNREACHABLE, f"{url} can't be reached: {problem.strerror or problem}")
    if not fidelity.total:
        fail(ExitStatus.NOTHING_SELECTED, f"no recorded step of {release} matches {only}")
    sys.stdout.write(render(fidelity))
    raise typer.Exit(ExitStatus.OK if fidelity.matched == fidelity.total else ExitStatus.DEVIATES)


def render(fidelity: Fidelity) -> str:
    """Return the matches by area and in total, a line each."""
    rows = [*fidelity.areas().items(), ("total", fidelity)]
    return "".join(f"{100 * part.share:6.2f} %  {part.matched:4d} of {part.total:4d}  {name}\n" for name, part in rows)


def _recording_of(release: str, folder: Path | None) -> Path:
    """Return the file of a release: in a folder that is named, else in that of this project."""
    folder = folder or Path(__file__).parents[3] / "conformance" / "recordings"
    file = folder / f"{release}.ndjson"
    if not file.is_file():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.ndjson"))) or "none"
        fail(ExitStatus.USAGE, f"there is no recording of {release} in {folder}", f"recorded are: {known}")
    return file


def _print_difference(mark: Mark) -> None:
    if not mark.matches:
        sys.stdout.write(f"differs  {mark.name}\n" + "".join(f"  {text}\n" for text in mark.differences[:_SHOWN]))


def _say_nothing(_: Mark) -> None:
    """Keep quiet about single steps."""
