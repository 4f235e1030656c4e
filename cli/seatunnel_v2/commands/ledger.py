"""`seatunnel-v2 ledger`: list all clauses."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from seatunnel_v2.messages import reading_contracts, say
from seatunnel_v2.options import documents

EPILOG = """Examples:

$ seatunnel-v2 ledger

$ seatunnel-v2 ledger --release 2.3.10 --format markdown > ledger.md

$ seatunnel-v2 ledger --format json | jq '.clauses[] | select(.faults == []) | .id'
"""


class LedgerFormat(StrEnum):
    """How the ledger is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def ledger(
    release: documents.Release = "documented",
    kind: Annotated[LedgerFormat, typer.Option("--format", help="Output format.")] = LedgerFormat.TABLE,
) -> None:
    """List all clauses of a contract, each with its evidence, its check and the number of its faults."""
    from seatunnel_conformance.ledger import ledger_of, views  # noqa: PLC0415 - as above

    with reading_contracts():
        found = ledger_of(release)
    match kind:
        case LedgerFormat.TABLE:
            say(views.as_table(found))
        case LedgerFormat.MARKDOWN:
            say(views.as_markdown(found))
        case LedgerFormat.JSON:
            say(json.dumps(views.as_data(found), ensure_ascii=False, indent=2) + "\n")
