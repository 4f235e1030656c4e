"""What differs between two normalised exchanges. Key order never counts, notes don't either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from seatunnel_conformance.differences import canonical, differing

__all__ = ["canonical", "differences"]

_SHOWN: Final = 160


def differences(recorded: Any, got: Any) -> Iterator[str]:
    """Yield a line for each difference, with the place that it is at."""
    for place, one, other in differing(_counting(recorded), _counting(got)):
        if one is ...:
            yield f"{place}: unexpected {canonical(other)[:_SHOWN]}"
        elif other is ...:
            yield f"{place}: missing {canonical(one)[:_SHOWN]}"
        else:
            yield f"{place}: recorded {canonical(one)[:_SHOWN]}, got {canonical(other)[:_SHOWN]}"


def _counting(exchange: Any) -> Any:
    return {key: exchange[key] for key in exchange if key != "note"} if isinstance(exchange, dict) else exchange
