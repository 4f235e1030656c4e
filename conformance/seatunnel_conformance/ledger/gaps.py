"""The gaps of the ledger: clauses without a check, or without a fault that proves that the check can fail."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from seatunnel_conformance.ledger.entries import Ledger
from seatunnel_openapi.clauses import Level

CHECK, FAULT = "check", "fault"

_REASONS: Final = Path(__file__).with_name("unobserved.toml")


@cache
def unobserved() -> Mapping[str, str]:
    """Return the reasons why clauses have no check, by clause id."""
    reasons: dict[str, str] = tomllib.loads(_REASONS.read_text(encoding="utf-8"))["reasons"]
    return reasons


def gaps(ledgers: Iterable[Ledger], level: Level = Level.MUST) -> dict[str, frozenset[str]]:
    """Return the clauses of a level without a check or a fault in any of the ledgers, with what is missing."""
    lacking: dict[str, set[str]] = {}
    for ledger in ledgers:
        for entry in ledger.entries:
            missing = {what for what, there in ((CHECK, entry.checks), (FAULT, entry.faults)) if not there}
            if missing and entry.clause.level is level:
                lacking.setdefault(entry.clause.id, set()).update(missing)
    return {clause_id: frozenset(missing) for clause_id, missing in lacking.items()}
