"""`seatunnel-v2 replay`: compare the responses of a deployment with a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Panel
from seatunnel_v2.addresses import address_of, require_permission
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reporting_errors, say
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import Deployment, takes
from seatunnel_v2.reference import deployed_nodes, own_release

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Fidelity, Recording, ReplayedStep

EPILOG = """Examples:

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.10 --allow-writes

$ seatunnel-v2 replay http://localhost:8080 --release 2.3.9 --only 'job-info/*' --failures

$ seatunnel-v2 replay http://localhost:8080 --recordings mine.ndjson --allow-writes

$ seatunnel-v2 replay http://master:8080 --node http://worker:8080 --release 2.3.13+two-nodes --allow-writes

$ seatunnel-v2 replay reference:2.3.10

$ seatunnel-v2 replay reference:2.3.13 --release 2.3.13+two-nodes

Exit status: 0 all responses match, 1 a response differs, 2 invalid usage, 3 unreachable, 4 nothing selected, 5 the
responses of the target can't be read, or the time is used up and no response differs so far, 130 interrupted.
"""

_SHOWN = 5


@takes(
    options.NODE,
    options.ALLOW_WRITES,
    options.DEDICATED,
    replace(options.KILL_COMMAND, panel=Panel.MAIN),
    replace(options.TAG, panel=Panel.MAIN),
    *options.WITHOUT_PROXY,
)
def replay(  # noqa: PLR0913 - a parameter for each option
    url: Deployment,
    release: Annotated[
        str | None,
        documents.of_release("--release", "Release whose recording is replayed.", variable=documents.VARIABLE),
    ] = None,
    only: Annotated[
        str, typer.Option("--only", metavar="GLOB", help="Replay only these scenarios (`area/scenario`).")
    ] = "*",
    failures: Annotated[  # noqa: FBT002 - typer's own way
        bool, typer.Option("--failures", help="Print each step whose response differs.")
    ] = False,
    recordings: Annotated[
        Path | None,
        typer.Option(
            "--recordings",
            metavar="FILE",
            help="Recording to replay instead: a file, or a folder with a file per release.",
        ),
    ] = None,
    *,
    given: Mapping[str, Any],
) -> None:
    """Replay the recording of a release on the deployment at URL and print how many responses match.

    The command runs about 200 small jobs, all of which end or are stopped. Some scenarios replace the tags of the node.
    Afterwards, the node has the tags of --tag, or none.
    """
    from seatunnel_conformance.arrange.settings import parse_tags
    from seatunnel_conformance.replay import replay as replayed

    with reporting_errors():
        tags = parse_tags(given["tag"])
        recording = _recording(release or own_release(url), recordings).only(only)
        if not recording.scenarios:
            fail(ExitStatus.NOTHING_SELECTED, f"no recorded scenario matches {only}")
        with deployed_nodes(url, recording.nodes) as cluster:
            found, *further = reversed(cluster.urls) if recording.stops_master else cluster.urls
            address = address_of(url, found, given, further, cluster.kill_command)
            require_permission(url, address, recording.scenarios, allow_writes=given["allow_writes"])
            fidelity = replayed(address, recording, tags=tags, report=_print_difference if failures else lambda _: None)
    say(render(fidelity))
    for name, why in fidelity.left_out.items():
        say(f"left out  {name}: {why}\n", err=True)
    if fidelity.left:
        say(f"jobs that may still run: {', '.join(fidelity.left)}\n", err=True)
    status = ExitStatus(fidelity.exit)
    if fidelity.ended:
        fail(status, f"{fidelity.ended}: the rest of the recording was not replayed", "--max-time allows more time")
    raise typer.Exit(status)


def render(fidelity: Fidelity) -> str:
    """Return the matches by area and in total, a line each."""
    rows = [*fidelity.areas().items(), ("total", fidelity)]
    return "".join(f"{100 * part.share:6.2f} %  {part.matched:4d} of {part.total:4d}  {name}\n" for name, part in rows)


def _recording(release: str | None, given: Path | None) -> Recording:
    """Return the recording in a file, or the recording of a release, from a folder or from the package.

    For an overlay file, this is the recording of the latest release before it.
    """
    from seatunnel_conformance.replay import Recording, bundled, scenarios_for
    from seatunnel_openapi import is_file

    if given is not None and not given.is_dir():
        return Recording.load(given)
    if release is None:
        fail(
            ExitStatus.USAGE, "pass --release, or --recordings with a file", "seatunnel-v2 replay --help shows examples"
        )
    if given:
        return Recording.load(given / f"{release}.ndjson")
    return scenarios_for(release) if is_file(release) else bundled(release)


def _print_difference(mark: ReplayedStep) -> None:
    if mark.differences:
        say(f"differs  {mark.name}\n" + "".join(f"  {text}\n" for text in mark.differences[:_SHOWN]))
