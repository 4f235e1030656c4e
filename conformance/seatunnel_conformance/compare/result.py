"""The result of a comparison: counts by operation, and the histories with different responses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seatunnel_conformance.compare.pair import ComparedStep
from seatunnel_conformance.report.verdicts import RunExit
from seatunnel_conformance.target.routes import find, label
from seatunnel_openapi import Contract

OTHER_PATHS: Final = "other paths and methods"

Signature: TypeAlias = tuple[str, str]
"""An operation and the pointer of a difference. Findings with the same signature are the same.

Differences of headers are mostly the same for all operations: they have no operation, and the difference itself.
"""


@dataclass(frozen=True, slots=True)
class DifferingHistory:
    """A history whose last step has different responses. `origin` is the scenario's name, or `generated`.

    `repeated` tells whether the difference was seen a second time.
    """

    origin: str
    steps: tuple[ComparedStep, ...]
    signatures: frozenset[Signature]
    keeps_connection: bool = False
    repeated: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The size: number of steps, then characters of all requests."""
        return len(self.steps), sum(len(json.dumps(each.step["request"])) for each in self.steps)


@dataclass(slots=True)
class ResponseCount:
    """The numbers of compared and of different responses of an operation."""

    compared: int = 0
    differing: int = 0


@dataclass(slots=True)
class DeploymentComparison:
    """The result. `findings` begin with the smallest history; `unstable` histories differed once, but not again."""

    contract: Contract
    counts: dict[str, ResponseCount] = field(default_factory=dict)
    findings: list[DifferingHistory] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recorded: int = 0
    generated: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    cut_off: bool = False

    @property
    def total(self) -> int:
        """The number of compared responses."""
        return sum(count.compared for count in self.counts.values())

    @property
    def same(self) -> bool:
        """Whether no difference was found."""
        return not self.findings

    @property
    def decided(self) -> bool:
        """Whether the result is certain: a repeated difference, or none at all."""
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
    def smallest(self) -> DifferingHistory | None:
        """The smallest differing history; None if there is none."""
        return min(self.findings, key=lambda finding: (not finding.repeated, finding.size), default=None)

    def count(self, played: Sequence[ComparedStep]) -> None:
        """Count the responses of a history."""
        for each in played:
            if not each.prepares:
                count = self.counts.setdefault(operation_of(self.contract, each), ResponseCount())
                count.compared += 1
                count.differing += bool(each.differences)


def operation_of(contract: Contract, each: ComparedStep) -> str:
    """Return the name of a step's operation."""
    request = each.step["request"]
    path = str(request["path"]).partition("?")[0]
    found, _ = find(contract, request["method"], path)
    return label(found) if found else OTHER_PATHS


def signatures(contract: Contract, each: ComparedStep) -> Iterator[Signature]:
    """Yield the signatures of a step's differences."""
    for difference in each.differences:
        if difference.pointer.startswith("/headers/"):
            yield "", str(difference)
        else:
            yield operation_of(contract, each), difference.pointer
