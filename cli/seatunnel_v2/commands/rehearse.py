"""`seatunnel-v2 rehearse`: list the API changes that affect the requests of clients."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.messages import fail, load_contract, reporting_errors, say, say_json
from seatunnel_v2.options import documents
from seatunnel_v2.reference import OWN, deployment

if TYPE_CHECKING:
    from seatunnel_conformance.rehearsal import Replayed, RequestLog
    from seatunnel_openapi import Contract

EPILOG = """Examples:

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13 --client-log access.har

$ seatunnel-v2 rehearse --from 2.3.13 --to 2.3.9 --client-log access.har --client-source src/

$ seatunnel-v2 rehearse --from 2.3.9 --to 2.3.13 --client-log /var/log/nginx/access.log --format markdown

Exit status: 0 no breaking change, 1 breaking changes, 2 invalid usage, 4 the log contains no request to this API.
"""


def rehearse(  # noqa: PLR0913, PLR0917 - a parameter for each option
    old: Annotated[str, documents.of_release("--from", "Current release.", "R1")],
    new: Annotated[str, documents.of_release("--to", "Release after the upgrade.", "R2")],
    client_log: Annotated[
        Path | None,
        typer.Option(
            "--client-log",
            metavar="FILE",
            help="Requests of clients: a HAR file, an access log in common or combined format, or that of serve.",
        ),
    ] = None,
    client_source: Annotated[
        list[Path] | None,
        typer.Option(
            "--client-source",
            metavar="PATH",
            help="Source of the client, a file or folder. Can be repeated. A lost member is breaking only if the "
            "source names it.",
        ),
    ] = None,
    play: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--play/--no-play", help="Send the requests to reference servers of both releases.")
    ] = True,
    everything: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--all", help="Also list changes that don't break clients.")
    ] = False,
    format: Annotated[documents.TextFormat, documents.FORMAT] = "text",  # noqa: A002 - the option's name
) -> None:
    """List the API changes of an upgrade, breaking changes first, each with its evidence and a recommendation.

    With --client-log, only changes that affect the logged requests are listed. The requests are also sent to local
    reference servers of both releases. A change is breaking if a response is now an error, or lacks a member that the
    client reads according to --client-source.
    """
    import seatunnel_openapi
    from seatunnel_conformance.rehearsal import ClientSource, report
    from seatunnel_conformance.rehearsal import rehearse as rehearsed

    if client_source and (client_log is None or not play):
        fail(ExitStatus.USAGE, "--client-source needs the requests of --client-log, and can't be used with --no-play")
    with reporting_errors():
        source = ClientSource(tuple(client_source)) if client_source else None
    contracts = load_contract(old), load_contract(new)
    traffic = _traffic(client_log, contracts) if client_log is not None else None
    chain = max(seatunnel_openapi.overlays(old), seatunnel_openapi.overlays(new), key=len)
    rehearsal = rehearsed(*contracts, chain, traffic)
    answers = _answers(contracts, traffic) if traffic is not None and play else None
    if answers is not None:
        rehearsal = rehearsal.played(answers.lost, source)
    if format == "json":
        say_json(report.as_json(rehearsal, answers))
    else:
        say((report.markdown if format == "markdown" else report.text)(rehearsal, answers, harmless=everything))
    raise typer.Exit(ExitStatus(rehearsal.exit))


def _traffic(file: Path, contracts: tuple[Contract, Contract]) -> RequestLog:
    from seatunnel_conformance.rehearsal import read_log

    with reporting_errors():
        traffic = read_log(file)
    if not any(traffic.routed(contracts)):
        found = f"none of its {len(traffic.requests)} requests is" if traffic.requests else "it contains no request"
        fail(ExitStatus.NOTHING_SELECTED, f"{file}: {found} for an operation of SeaTunnel's REST API V2")
    return traffic


def _answers(contracts: tuple[Contract, Contract], traffic: RequestLog) -> Replayed:
    from seatunnel_conformance.rehearsal import replayed

    with reporting_errors(), ExitStack() as stack:
        # So that the jobs of the log can be submitted, whatever connectors they name.
        one, other = (
            stack.enter_context(deployment(f"{OWN}{contract.release}", "--connectors", "any")) for contract in contracts
        )
        return replayed((one, other), contracts, traffic)
