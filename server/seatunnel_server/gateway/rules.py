"""The rules of a gateway, in a module without imports of HTTP libraries, which would delay the command's start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OnViolation(StrEnum):
    """The treatment of a response that violates the contract of the cluster's release."""

    PASS = "pass"  # noqa: S105 - no password
    MARK = "mark"
    """Send the response with a header that has the violation."""
    REFUSE = "refuse"
    """Send 502 instead of the response."""


@dataclass(frozen=True, slots=True)
class GatewayRules:
    """The requests and responses that a gateway passes on."""

    on_violation: OnViolation = OnViolation.PASS
    """Used between equal releases only: an invalid response can't be translated, and is always a 502."""
    allowed: frozenset[str] | None = None
    """The ids of the operations that clients may call; None for all."""
