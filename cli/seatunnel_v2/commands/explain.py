"""`seatunnel-v2 explain`: explain one clause, or one fact."""

from __future__ import annotations

from typing import Annotated

import typer

from seatunnel_v2 import completing
from seatunnel_v2.messages import reporting_errors, say
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 explain job-info.unknown-id

$ seatunnel-v2 explain running-jobs.page --release 2.3.13

$ seatunnel-v2 explain dynamicTotalSlots
"""


def explain(
    clause: Annotated[
        str,
        typer.Argument(
            metavar="CLAUSE",
            help="Id of a clause, as shown in reports, or the name of a fact that a clause mentions.",
            autocompletion=completing.clauses,
        ),
    ],
    release: Annotated[
        str | None,
        documents.of_release(
            "--release", "Release whose text is printed. Default: the first release with this clause."
        ),
    ] = None,
) -> None:
    """Explain a clause: text, evidence, check, faults, releases, and the command that checks only this clause.

    For a fact, it prints the value in each release.
    """
    from seatunnel_conformance.ledger import find, views
    from seatunnel_conformance.ledger.views import fact_explained

    with reporting_errors("seatunnel-v2 ledger lists all clauses"):
        fact = fact_explained(clause, release) if clause.isidentifier() else None
        say(fact or views.explained(find(clause, release)))
