"""Snapshots, which invariants check, and the registry of invariants by clause.

A rule takes a snapshot and yields, for each case that it checks, None or the problem. If it yields nothing, there was
no case to check. Its docstring says why the clause matters to a client.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

from seatunnel_conformance.arrange.functions import ClauseFunction
from seatunnel_conformance.errors import DuplicateRegistration
from seatunnel_conformance.model.jobs import LastCommand, ModelJob
from seatunnel_conformance.model.observations import FINISHED, RUNNING, Document, Observation
from seatunnel_conformance.observe.accusation import comparable, consistent, disagreement
from seatunnel_conformance.observe.forms import JobForms
from seatunnel_conformance.observe.rules import JOB_RULES, Applies, Timeline
from seatunnel_openapi import Contract

Case: TypeAlias = str | None
"""None, or a sentence with the problem."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The input of invariants: the model, the last command, and the observation after it.

    `tagged` has for each value of the run's tag whether the node has it, and the number of workers found by it; it is
    empty while the node has its own tags.
    """

    contract: Contract
    jobs: Sequence[ModelJob]
    command: LastCommand
    observation: Observation
    tagged: Mapping[str, tuple[bool, int]] = field(default_factory=dict)

    @property
    def forms(self) -> JobForms:
        """The forms in which `/job-info` shows a job."""
        return JobForms.of(self.contract, "get_job_info")

    def timelines(self) -> Iterator[Timeline]:
        """Yield the timeline of each job, by its details."""
        for job in self.jobs:
            yield Timeline.of(job.own.id, job.own.name, self.forms, job.shown, end=job.end, starts=job.starts)

    def unchanged_jobs(self) -> Iterator[tuple[ModelJob, Document]]:
        """Yield the jobs that did not change during the observation, with their object of `/job-info`."""
        for job in self.jobs:
            document = self.observation.after.get(job.own.id, {})
            if "jobStatus" in document and self.observation.is_unchanged(job.own.id):
                yield job, document

    def ended_jobs(self) -> Iterator[tuple[ModelJob, Document]]:
        """Yield the unchanged jobs that have ended, and are no longer shown in the running form."""
        for job, document in self.unchanged_jobs():
            if self.forms.is_over(document) and not self.forms.running.fits(document):
                yield job, document

    def unlike_others(self, job: ModelJob, shown: Document, names: Collection[str]) -> dict[str, tuple[Any, Any]]:
        """Return the members in which an operation shows a job in another way than the others, with both values."""
        seen = self.observation
        others = [{"jobId": job.own.id, "jobName": job.own.name}, seen.after[job.own.id]]
        others += [seen.details.get(job.own.id, {})]
        others += [one for path in (RUNNING, FINISHED) for one in seen.entries(path, job.own.id) or ()]
        found, expected = disagreement(comparable(shown), [consistent(one) for one in others if one is not shown])
        return {name: (expected[name], found[name]) for name in found if name.partition("/")[0] in names}


Rule: TypeAlias = Callable[[Snapshot], Iterable[Case]]
_Rule = TypeVar("_Rule", bound=Rule)


@dataclass(frozen=True, slots=True)
class Invariant(ClauseFunction):
    """One rule. A `patient` one may be violated for a moment after a command, until lists and details are updated.

    `shown_by` are the prefixes of the paths whose responses show a violation. `applies` is None for a rule that is
    about a whole snapshot; others are about the timeline of one job.
    """

    writes: ClassVar = True

    clause_id: str
    function: Callable[..., Any]
    patient: bool = False
    shown_by: tuple[str, ...] = ("/job-info/",)
    applies: Applies | None = None

    def cases(self, snapshot: Snapshot) -> list[Case]:
        """Check a snapshot, and return the cases."""
        if self.applies is None:
            return list(self.function(snapshot))
        return [self._case(timeline) for timeline in snapshot.timelines() if self.applies(timeline)]

    def _case(self, timeline: Timeline) -> Case:
        try:
            self.function(timeline)
        except AssertionError as problem:
            return str(problem)
        return None


_REGISTERED: Final = {name: Invariant(name, rule.function, applies=rule.applies) for name, rule in JOB_RULES.items()}


def invariant(
    clause_id: str, *, patient: bool = False, shown_by: tuple[str, ...] = ("/job-info/",)
) -> Callable[[_Rule], _Rule]:
    """Register a rule as the invariant of a clause."""

    def register(rule: _Rule) -> _Rule:
        if clause_id in _REGISTERED:
            raise DuplicateRegistration(f"two invariants name the clause {clause_id}")
        _REGISTERED[clause_id] = Invariant(clause_id, rule, patient, shown_by)
        return rule

    return register


@cache
def all_invariants() -> dict[str, Invariant]:
    """Return the invariants by clause id, in the order of files and lines."""
    from seatunnel_conformance.model import invariants  # noqa: PLC0415 - its modules import this one

    for module in iter_modules(invariants.__path__, f"{invariants.__name__}."):
        import_module(module.name)
    return dict(_REGISTERED)


def case(holds: bool, problem: str) -> Case:  # noqa: FBT001 - reads as a sentence: it holds, or this is the problem
    """Return None if a case holds, else the problem."""
    return None if holds else problem
