"""A planned check, and the base class of the kinds of checks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Self

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Reason, ReasonKind
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level

if TYPE_CHECKING:
    from seatunnel_conformance.arrange.context import Context
    from seatunnel_conformance.report.outcomes import Outcome


class Needs(Enum):
    """The parts of the target that a check needs for itself while it runs."""

    GENERATION = auto()
    """The processor, to generate requests: more than a few at the same time are not faster."""
    HISTORIES = auto()
    """The results of the stateful tests, which the first of these checks make for all of them, and the tags."""
    TAGS = auto()
    """The tags of the node."""
    LOGGERS = auto()
    """The loggers of the node."""
    QUIET = auto()
    """The target: no other check may change it, because jobs of the whole cluster are counted."""
    SLOTS = auto()
    """Slots for its jobs, of which a target can have a fixed number."""
    LAST = auto()
    """The end of all other checks."""


class Kind(ABC):
    """A kind of check. The class plans its checks; an instance is about one check, and runs it.

    `is_linked` tells that a check is of several operations, and its failure of one of them, `is_step` that the first
    wrong request names the operation of a failure.
    """

    __slots__ = ()

    is_linked: ClassVar[bool] = False
    is_step: ClassVar[bool] = False

    @property
    @abstractmethod
    def why(self) -> str:
        """Why a failure matters to a client."""

    @property
    @abstractmethod
    def place(self) -> tuple[str, int]:
        """A file, and a line in it (from 1)."""

    @property
    def cost(self) -> int:
        """A number by which checks are ordered: quick ones first."""
        return 2

    @classmethod
    @abstractmethod
    def planned(cls, settings: Settings, contract: Contract) -> Iterator[PlannedCheck]:
        """Yield the checks for a contract, selected or not."""

    @abstractmethod
    def run(self, context: Context, check: PlannedCheck) -> Outcome:
        """Run a check and return its outcome."""

    @property
    def needs(self) -> Iterable[Needs]:
        """The parts of the target that a check needs for itself."""
        return ()

    @property
    def changes_jobs(self) -> bool:
        """Whether a check that writes may change jobs."""
        return True


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check of a run.

    `id` is a clause id, or starts with a clause id or an operation (`GET /overview`). `skipped` is the reason why it
    does not run, None if it runs. `names` are further names for patterns.
    """

    id: str
    level: Level
    text: str
    operation: str | None
    writes: bool
    kind: Kind
    names: tuple[str, ...] = ()
    skipped: Reason | None = None

    @classmethod
    def of_clause(cls, contract: Contract, clause_id: str, **more: object) -> Self:
        """Return a check of a clause, with its level, text, operation and names."""
        clause = next(one for one in contract.clauses if one.id == clause_id)
        operation = label(contract.operation(clause.operation_id)) if clause.operation_id else None
        names = (clause.operation_id, operation) if clause.operation_id and operation else ()
        given = {"id": clause.id, "level": clause.level, "text": clause.text, "operation": operation, "names": names}
        return cls(**{**given, **more})  # type: ignore[arg-type]


def reason_to_skip(settings: Settings, *, writes: bool, jobs: bool) -> Reason | None:
    """Return why a check does not run that changes the target, or starts jobs; None if it runs."""
    profile = settings.depth
    if jobs and not profile.jobs:
        return Reason(ReasonKind.NO_JOBS, profile.name)
    if writes and not profile.writes:
        return Reason(ReasonKind.ONLY_READS, profile.name)
    if writes and not settings.may_write:
        return Reason(ReasonKind.NOT_ALLOWED)
    return None
