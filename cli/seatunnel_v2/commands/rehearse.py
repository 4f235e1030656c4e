"""`seatunnel-v2 rehearse`: what an upgrade changes for clients, of all that changes what their traffic meets."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatunnel_v2 import completing
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, reading_contracts, say, told_in_a_line
from seatunnel_v2.reference import OWN, deployment

if TYPE_CHECKING:
    from seatunnel_conformance.rehearsal import Rehearsal, Replayed, Traffic
    from seatunnel_openapi import Contract

EPILOG = """Examples:

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13 --client-log access.har

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13 --client-log /var/log/nginx/access.log --format markdown

Exit status: 0 nothing breaks clients, 1 something does, 2 usage, 4 no request of the log is SeaTunnel's.
"""


class RehearsalFormat(StrEnum):
    """How a rehearsal is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def rehearse(  # noqa: PLR0913, PLR0917 - a parameter for each option
    old: Annotated[
        str,
        typer.Option(
            "--from", metavar="R1", help="The release that clients are used to.", autocompletion=completing.releases
        ),
    ],
    new: Annotated[
        str,
        typer.Option("--to", metavar="R2", help="The release that they will meet.", autocompletion=completing.releases),
    ],
    client_log: Annotated[
        Path | None,
        typer.Option(
            "--client-log",
            metavar="FILE",
            help="Their requests: a HAR file, or an access log in common or combined format.",
            show_default=False,
        ),
    ] = None,
    play: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--play/--no-play", help="Play the requests to a server of our own as either release.")
    ] = True,
    everything: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--all", help="List the changes that break nobody, too.")
    ] = False,
    format: Annotated[  # noqa: A002 - the option's name
        RehearsalFormat, typer.Option("--format", help="For the terminal, for programs, or as a page.")
    ] = RehearsalFormat.TEXT,
) -> None:
    """Print what an upgrade changes for clients, what breaks them first, how that is known, and what to do about it.

    With a log of their requests only what these meet is listed, and the requests are played to servers of our own, in
    memory, as either release, to see which answers differ. Nothing of the log goes anywhere else.
    """
    import seatunnel_openapi  # noqa: PLC0415 - see the package's docstring
    from seatunnel_conformance.rehearsal import rehearse as rehearsed  # noqa: PLC0415 - as above

    contracts = _contract(old), _contract(new)
    traffic = _traffic(client_log, contracts) if client_log is not None else None
    rehearsal = rehearsed(*contracts, seatunnel_openapi.overlays(), traffic)
    answers = _answers(contracts, traffic) if traffic is not None and play else None
    say(_written(rehearsal, answers, format, harmless=everything))
    raise typer.Exit(ExitStatus.DEVIATES if rehearsal.breaks else ExitStatus.OK)


def _contract(release: str) -> Contract:
    import seatunnel_openapi  # noqa: PLC0415 - see the package's docstring

    with reading_contracts():
        return seatunnel_openapi.load(release)


def _traffic(file: Path, contracts: tuple[Contract, Contract]) -> Traffic:
    from seatunnel_conformance.rehearsal import read_traffic  # noqa: PLC0415 - see the package's docstring

    with told_in_a_line():
        traffic = read_traffic(file)
    if not any(traffic.routed(contracts)):
        found = f"none of its {len(traffic.requests)} requests is" if traffic.requests else "there are no requests"
        fail(ExitStatus.NOTHING_SELECTED, f"{file}: {found} for an operation of SeaTunnel's REST API V2")
    return traffic


def _answers(contracts: tuple[Contract, Contract], traffic: Traffic) -> Replayed:
    from seatunnel_conformance.rehearsal import replayed  # noqa: PLC0415 - see the package's docstring

    with told_in_a_line(), ExitStack() as stack:
        # Connectors that aren't ours are played, so that the jobs of the log can be submitted.
        one, other = (
            stack.enter_context(deployment(f"{OWN}{contract.release}", "--simulate-connectors"))
            for contract in contracts
        )
        return replayed((one, other), contracts, traffic)


def _written(
    rehearsal: Rehearsal,
    answers: Replayed | None,
    format: RehearsalFormat,  # noqa: A002 - as above
    *,
    harmless: bool,
) -> str:
    from seatunnel_conformance.rehearsal.report import as_json, markdown, text  # noqa: PLC0415 - as above
    from seatunnel_conformance.text.visible import as_json as text_of  # noqa: PLC0415 - as above

    if format is RehearsalFormat.JSON:
        return text_of(as_json(rehearsal, answers), indent=2) + "\n"
    return (markdown if format is RehearsalFormat.MARKDOWN else text)(rehearsal, answers, harmless=harmless)
