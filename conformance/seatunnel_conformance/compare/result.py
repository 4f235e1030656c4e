"""What a comparison came to: counts by operation, and the histories that were answered differently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seatunnel_conformance.compare.pair import Compared
from seatunnel_conformance.report.verdicts import RunExit
from seatunnel_conformance.target.routes import find, label
from seatunnel_openapi import Contract

OTHER_PATHS: Final = "other paths and methods"

Signature: TypeAlias = tuple[str, str]
"""An operation with the place of a difference: what makes two findings the same one.

What headers say is mostly one thing for all operations, so there it is the change itself, under no operation.
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """A history whose last step is answered differently. `origin` is the scenario's name, or `generated`.

    `repeated` tells whether it was seen a second time.
    """

    origin: str
    steps: tuple[Compared, ...]
    signatures: frozenset[Signature]
    keeps_connection: bool = False
    repeated: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """How large it is: steps that are needed, then letters of all requests."""
        return len(self.steps), sum(len(json.dumps(each.step["request"])) for each in self.steps)


@dataclass(slots=True)
class Count:
    """How many answers of an operation were compared, and how many of them differed."""

    compared: int = 0
    differing: int = 0


@dataclass(slots=True)
class Comparison:
    """All of it. `findings` are the smallest histories first; `unstable` those that differed once and not again."""

    contract: Contract
    counts: dict[str, Count] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recorded: int = 0
    generated: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    cut_off: bool = False

    @property
    def total(self) -> int:
        """How many answers were compared."""
        return sum(count.compared for count in self.counts.values())

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return not self.findings

    @property
    def decided(self) -> bool:
        """Whether what was found, or not found, can be relied upon."""
        if self.findings:
            return any(finding.repeated for finding in self.findings)
        return bool(self.total) and not self.unstable and not self.cut_off

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if self.interrupted:
            return RunExit.INTERRUPTED
        if not self.decided:
            return RunExit.UNDECIDED
        return RunExit.CONFORMS if self.same else RunExit.DEVIATES

    @property
    def smallest(self) -> Finding | None:
        """The smallest differing history, None if there is none."""
        return min(self.findings, key=lambda finding: (not finding.repeated, finding.size), default=None)

    def count(self, played: Sequence[Compared]) -> None:
        """Count the answers of a history."""
        for each in played:
            if not each.prepares:
                count = self.counts.setdefault(operation_of(self.contract, each), Count())
                count.compared += 1
                count.differing += bool(each.differences)


def operation_of(contract: Contract, each: Compared) -> str:
    """Return the name of the operation that a step asks for."""
    request = each.step["request"]
    path = str(request["path"]).partition("?")[0]
    found, _ = find(contract, request["method"], path)
    return label(found) if found else OTHER_PATHS


def signatures(contract: Contract, each: Compared) -> Iterator[Signature]:
    """Yield what tells the differences of a step from others."""
    for difference in each.differences:
        if difference.pointer.startswith("/headers/"):
            yield "", str(difference)
        else:
            yield operation_of(contract, each), difference.pointer
