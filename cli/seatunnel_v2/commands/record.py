"""`seatunnel-v2 record`: save the responses of a deployment to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatunnel_conformance.arrange import options
from seatunnel_conformance.arrange.options import Panel
from seatunnel_v2.addresses import address_of, choice_at, require_permission
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import Progress, fail, reporting_errors, say
from seatunnel_v2.options import documents
from seatunnel_v2.options.run import Deployment, takes
from seatunnel_v2.reference import deployed_nodes

if TYPE_CHECKING:
    from seatunnel_conformance.replay import Address, Recording, RecordingPlan, RecordingSummary

EPILOG = """Examples:

$ seatunnel-v2 record http://localhost:8080 --allow-writes -o 2.3.13.ndjson

$ seatunnel-v2 record http://cluster:8080/seatunnel --release 2.3.13 --allow-writes -o 2.3.13.ndjson

$ seatunnel-v2 record http://localhost:8080 --allow-writes --no-tags -o 2.3.13.ndjson

$ seatunnel-v2 replay reference:2.3.12 --recordings 2.3.13.ndjson --failures

$ seatunnel-v2 record http://master:8080 --node http://worker:8080 --scenarios 2.3.13+two-nodes --allow-writes
--no-tags -o two-nodes.ndjson

Exit status: 0 recorded; 2 invalid usage; 3 unreachable; 4 nothing selected; 5 some steps have no response, or the time
is used up; 130 interrupted. After 5 and 130, run the same command again to continue.
"""


@takes(
    options.NODE,
    options.ALLOW_WRITES,
    options.DEDICATED,
    replace(options.KILL_COMMAND, panel=Panel.MAIN),
    replace(options.TAG, panel=Panel.MAIN),
    *options.WITHOUT_PROXY,
)
def record(  # noqa: PLR0913 - a parameter for each option
    url: Deployment,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", dir_okay=False, help="File for the recording.")
    ],
    release: Annotated[
        str,
        typer.Option(
            "--release", metavar="NAME", envvar=documents.VARIABLE, help="Release of the deployment. `auto` detects it."
        ),
    ] = "auto",
    only: Annotated[
        str, typer.Option("--only", metavar="GLOB", help="Play only these scenarios (`area/scenario`).")
    ] = "*",
    no_tags: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--no-tags", help="The node has no tags, so scenarios that replace tags can be played.")
    ] = False,
    *,
    scenarios: Annotated[
        str | None,
        typer.Option(
            "--scenarios",
            metavar="RECORDING",
            help="Recording whose scenarios are played: a file, or the name of one in the package, such as "
            "`2.3.13+two-nodes`. Default: that of the release.",
        ),
    ] = None,
    given: Mapping[str, Any],
) -> None:
    """Play all scenarios on the deployment at URL and save the normalised responses to a file.

    The command runs about 200 small jobs and stops those that don't end. Scenarios that replace the tags of the node
    are played only if --tag or --no-tags says which tags the node has afterwards. Responses that contain jobs of others
    are not saved.
    """
    from seatunnel_conformance.replay import Recording, RecordingPlan

    with reporting_errors():
        _require_plain_file(output)
        wanted = Recording(()) if scenarios is None else _scenarios(release, scenarios)
        with deployed_nodes(url, wanted.nodes) as cluster:
            found, *further = reversed(cluster.urls) if wanted.stops_master else cluster.urls
            address = address_of(url, found, given, further, cluster.kill_command)
            name = _name(url, address, release)
            take = _take(
                RecordingPlan(name, output, _scenarios(name, scenarios), only, _tags(given["tag"], none=no_tags))
            )
            require_permission(url, address, take.selected(), allow_writes=given["allow_writes"])
            taken = _taken(address, take)
    if taken.ended:
        say(_left(taken), err=True)
        fail(ExitStatus.UNDECIDED, taken.ended, _kept(take))
    say(_summary(take, taken), err=True)
    raise typer.Exit(ExitStatus(taken.exit))


def _require_plain_file(output: Path) -> None:
    """Exit with an error if the output exists and is not a regular file, because it would be replaced."""
    if output.exists() and not output.is_file():
        fail(ExitStatus.USAGE, f"{output} is not a regular file")


def _name(url: str, address: Address, release: str) -> str:
    if release != "auto":
        return release
    choice = choice_at(url, address)
    if choice.note:
        say(f"recording as {choice.contract.release}: {choice.note}\n", err=True)
    return choice.contract.release


def _tags(pairs: list[str], *, none: bool) -> Mapping[str, str] | None:
    from seatunnel_conformance.arrange.settings import parse_tags

    return parse_tags(pairs) if pairs or none else None


def _scenarios(release: str, given: str | None) -> Recording:
    from seatunnel_conformance.replay import Recording, bundled, scenarios_for

    if given is None:
        return scenarios_for(release)
    return Recording.load(Path(given)) if Path(given).is_file() else bundled(given)


def _take(take: RecordingPlan) -> RecordingPlan:
    if not take.selected():
        fail(ExitStatus.NOTHING_SELECTED, f"no scenario matches {take.only}, or all of them replace tags")
    return take


def _taken(address: Address, take: RecordingPlan) -> RecordingSummary:
    from seatunnel_conformance.replay import record

    try:
        with reporting_errors("remove that file to start again"), Progress() as progress:
            return record(address, take, report=lambda scenario: progress.show(scenario.full_name))
    except KeyboardInterrupt:
        say(f"\ninterrupted: {_kept(take)}\n", err=True)
        raise typer.Exit(ExitStatus.INTERRUPTED) from None


def _kept(take: RecordingPlan) -> str:
    return f"{take.part} contains the steps so far; run the same command again to continue"


def _left(taken: RecordingSummary) -> str:
    return f"jobs that could not be stopped: {', '.join(taken.left)}\n" if taken.left else ""


def _summary(take: RecordingPlan, taken: RecordingSummary) -> str:
    lines = [f"recorded {taken.steps} steps of {taken.scenarios} scenarios in {take.file} as {take.release}"]
    lines += [f"{taken.resumed} of the scenarios are from an earlier call"] if taken.resumed else []
    if take.barred():
        lines.append(f"skipped {take.barred()} scenarios that replace tags; --tag or --no-tags allows them")
    if taken.foreign:
        lines.append(f"skipped, because a job with this id exists: {', '.join(taken.foreign)}")
    if taken.withheld:
        lines.append(f"skipped, because the response contains other jobs: {', '.join(taken.withheld)}")
    if taken.failed:
        lines.append(f"without the expected response: {', '.join(taken.failed)}")
    return "".join(f"{line}\n" for line in lines) + _left(taken)
