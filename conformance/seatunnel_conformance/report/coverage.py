"""Coverage of the contract by a run: operations, statuses and query parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seatunnel_conformance.report.events import Report


@dataclass(frozen=True, slots=True)
class OperationCoverage:
    """An operation: its exercised statuses and query parameters, and the other ones. Parameters begin with `?`."""

    operation: str
    met: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of all operations."""

    operations: tuple[OperationCoverage, ...]

    @property
    def sentence(self) -> str:
        """The numbers, in a sentence without a full stop; empty if the run did not record them."""
        if not self.operations:
            return ""
        met, every = _flat(one.met for one in self.operations), _flat(one.met + one.missed for one in self.operations)
        numbers = [f"{sum(bool(one.met) for one in self.operations)} of {len(self.operations)} operations"]
        for noun, is_parameter in (("statuses", False), ("query parameters", True)):
            found, wanted = ([part for part in parts if part.startswith("?") is is_parameter] for parts in (met, every))
            numbers.append(f"{len(found)} of {len(wanted)} {noun}")
        return f"the requests exercised {', '.join(numbers)} of the contract"


def coverage(report: Report) -> Coverage:
    """Return the parts of the contract that the requests of a run used; empty for a report of an earlier version."""
    met = {part for outcome in report.outcomes for part in outcome.met}
    found: dict[str, tuple[list[str], list[str]]] = {}
    for part in report.header.parts:
        operation, _, name = part.rpartition(" ")
        found.setdefault(operation, ([], []))[part not in met].append(name)
    return Coverage(
        tuple(OperationCoverage(name, tuple(seen), tuple(not_seen)) for name, (seen, not_seen) in found.items())
    )


def _flat(parts: Iterable[tuple[str, ...]]) -> list[str]:
    return [part for several in parts for part in several]
