"""The rules of a gateway; its own module, because this is configured before anything of HTTP is imported."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OnViolation(StrEnum):
    """The treatment of a response that breaks the contract of the cluster's release."""

    PASS = "pass"  # noqa: S105 - no password
    MARK = "mark"
    """A header says what is wrong."""
    REFUSE = "refuse"
    """The client gets 502."""


@dataclass(frozen=True, slots=True)
class GatewayRules:
    """The requests and responses that a gateway lets pass."""

    on_violation: OnViolation = OnViolation.PASS
    """Only asked for between equal releases: a response that is translated has to be valid."""
    allowed: frozenset[str] | None = None
    """The ids of the operations that clients may call; None for all."""
