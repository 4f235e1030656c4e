"""What rules look at, and how a rule is registered under the clause that demands it.

A rule looks at a scene and yields, for each thing that it could judge, None or what is wrong with it. Where it yields
nothing there was nothing to judge. Its docstring says what a client loses.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, TypeAlias, TypeVar

from seatunnel_conformance.arrange.forms import JobForms
from seatunnel_conformance.errors import DuplicateCheck
from seatunnel_conformance.model.believed import Believed, Command
from seatunnel_conformance.model.looks import Document, Look
from seatunnel_openapi import Contract

Case: TypeAlias = str | None
"""None for what is right; else what is wrong, in a sentence."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that rules may look at: what the client believes, what it did last, what it sees.

    `tagged` tells for each value of the run's tag whether the node has it, and how many workers are found by it; it is
    empty as long as the node has its own tags.
    """

    contract: Contract
    believed: Sequence[Believed]
    command: Command
    look: Look
    tagged: Mapping[str, tuple[bool, int]] = field(default_factory=dict)

    @property
    def forms(self) -> JobForms:
        """The shapes in which `/job-info` shows a job."""
        return JobForms.of(self.contract, "get_job_info")

    def ended(self, document: Document) -> bool:
        """Tell whether a document shows a job in its finished form."""
        return self.forms.finished.fits(document) and document.get("jobStatus") != "RUNNING"

    def legible(self, job: Believed) -> list[Document]:
        """Return what was shown of a job in a form of the contract, since its last start."""
        forms = self.forms
        return [shown for shown in job.shown if forms.running.fits(shown) or forms.finished.fits(shown)]

    def still(self) -> Iterator[tuple[Believed, Document]]:
        """Yield the jobs that have not changed during the look, with what is shown of them."""
        for job in self.believed:
            document = self.look.after.get(job.own.id, {})
            if "jobStatus" in document and self.look.is_still(job.own.id):
                yield job, document

    def at_rest(self) -> Iterator[tuple[Believed, Document]]:
        """Yield those of the still jobs that have ended."""
        return ((job, document) for job, document in self.still() if self.ended(document))


Rule: TypeAlias = Callable[[Scene], Iterable[Case]]
_Rule = TypeVar("_Rule", bound=Rule)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule. A `patient` one may be broken for a moment after a command, while lists and details catch up.

    `shown_by` are what the paths begin with whose answers show it.
    """

    clause_id: str
    rule: Rule
    patient: bool
    shown_by: tuple[str, ...]

    @property
    def why(self) -> str:
        """What a client loses, from the rule's docstring."""
        return inspect.getdoc(self.rule) or ""

    @property
    def place(self) -> tuple[str, int]:
        """The file and the line (from 1) of the rule."""
        code = self.rule.__code__
        return code.co_filename, code.co_firstlineno


_REGISTERED: Final[dict[str, Invariant]] = {}


def invariant(
    clause_id: str, *, patient: bool = False, shown_by: tuple[str, ...] = ("/job-info/",)
) -> Callable[[_Rule], _Rule]:
    """Register a rule as the invariant that a clause demands."""

    def register(rule: _Rule) -> _Rule:
        if clause_id in _REGISTERED:
            raise DuplicateCheck(f"two invariants name the clause {clause_id}")
        _REGISTERED[clause_id] = Invariant(clause_id, rule, patient, shown_by)
        return rule

    return register


@cache
def all_invariants() -> dict[str, Invariant]:
    """Return the rules by clause id, by file and in the order of the files' lines."""
    from seatunnel_conformance.model import invariants  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(invariants.__path__, f"{invariants.__name__}."):
        import_module(module.name)
    return dict(_REGISTERED)


def case(holds: bool, problem: str) -> Case:  # noqa: FBT001 - reads as a sentence: it holds, or this is the problem
    """Return None for what is right, else the problem."""
    return None if holds else problem


def differing(one: Document, other: Document, names: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """Return the members, of those named, that both documents have and that are not the same in them."""
    both = (name for name in names if name in one and name in other)
    return {name: (one[name], other[name]) for name in both if one[name] != other[name]}
