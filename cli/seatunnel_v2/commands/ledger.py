"""`seatunnel-v2 ledger`: list all clauses."""

from __future__ import annotations

from typing import Annotated

from seatunnel_v2.messages import reporting_errors, say, say_json
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 ledger

$ seatunnel-v2 ledger --release 2.3.10 --format markdown > ledger.md

$ seatunnel-v2 ledger --format json | jq '.clauses[] | select(.faults == []) | .id'
"""


def ledger(
    release: documents.Release = "documented", kind: Annotated[documents.TableFormat, documents.FORMAT] = "table"
) -> None:
    """List all clauses of a contract, each with its evidence, its check and the number of its faults."""
    from seatunnel_conformance.ledger import ledger_of, views

    with reporting_errors():
        found = ledger_of(release)
    match kind:
        case "table":
            say(views.as_table(found))
        case "markdown":
            say(views.as_markdown(found))
        case "json":
            say_json(views.as_data(found))
