"""The forms of a job in responses (running, finished, unknown): schemas of the contract that its facts select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from seatunnel_conformance.errors import MemberMissing, NotObservable
from seatunnel_conformance.target.job_guard import HISTORY, RUNNING
from seatunnel_conformance.text.differences import NOTHING, Difference
from seatunnel_openapi import Contract

STAGES: Final = {
    # The engine queues a job before it is pending, so these can come in any order.
    **dict.fromkeys(("INITIALIZING", "CREATED", "PENDING", "SCHEDULED", "RUNNING"), 0),
    **dict.fromkeys(("FAILING", "CANCELING", "DOING_SAVEPOINT"), 1),
    **dict.fromkeys(("FINISHED", "FAILED", "CANCELED", "SAVEPOINT_DONE"), 2),
}
"""The stage of each state: 0 running, 1 ending, 2 ended."""

END_STATES: Final = tuple(state for state, stage in STAGES.items() if stage == max(STAGES.values()))

COUNTS: Final[Mapping[str, str]] = {"FINISHED": "finishedJobs", "FAILED": "failedJobs", "CANCELED": "cancelledJobs"}
"""For each end state that the overview counts, the name of the count."""

COUNTED: Final = {"runningJobs": RUNNING, **{name: f"{HISTORY}/{state}" for state, name in COUNTS.items()}}
"""For each count in the overview, the path of the list with the counted jobs."""

END: Final = "finishTime"
"""The member with the end time of a job."""

JARS: Final = "pluginJarsUrls"
"""The member with the jars of a job: filled in the running form, and empty in the finished form."""

_COORDINATOR_FAILED: Final = "CheckpointCoordinator inside have error"
"""Part of the error of a job that failed because it was stopped while a checkpoint ended."""

ROW_COUNTS: Final = ("sourcereceivedcount", "sinkwritecount")
"""The names of the counters of rows, in lower case as `counters` returns them."""


@dataclass(frozen=True, slots=True)
class ResponseForm:
    """One form of a job: its schema's name, its required members, and all its members."""

    name: str
    required: frozenset[str]
    members: frozenset[str]

    @classmethod
    def named(cls, contract: Contract, name: str) -> Self:
        """Read a form from the component schema of that name."""
        schema = contract.schema(name)
        return cls(name, frozenset(schema.get("required", ())), frozenset(schema.get("properties", ())))

    def fits(self, document: Any) -> bool:
        """Return whether a document is an object with all required members of this form."""
        return isinstance(document, Mapping) and self.required <= document.keys()


@dataclass(frozen=True, slots=True)
class JobForms:
    """The three forms of a job in the responses of one operation.

    With `is_late`, an ended job has the running form at first.
    """

    running: ResponseForm
    finished: ResponseForm
    unknown: ResponseForm
    is_late: bool = False

    @classmethod
    def of(cls, contract: Contract, operation_id: str) -> Self:
        """Read the forms of an operation from its facts `runningForm`, `finishedForm` and `unknownForm`."""
        facts = contract.operation(operation_id).behaviour
        running, finished, unknown = (facts.choice(f"{kind}Form") for kind in ("running", "finished", "unknown"))
        return cls(
            ResponseForm.named(contract, running),
            ResponseForm.named(contract, finished),
            ResponseForm.named(contract, unknown),
            facts.get("afterEnd") == "running-form-at-first",
        )

    @property
    def always(self) -> frozenset[str]:
        """The members that both the running and the finished form require."""
        return self.running.required & self.finished.required

    @property
    def members(self) -> frozenset[str]:
        """The members of a job in any form."""
        return self.running.members | self.finished.members

    def shows_job(self, document: Mapping[str, Any]) -> bool:
        """Return whether a document has members that the form of an unknown job lacks."""
        return not document.keys() <= self.unknown.members

    def is_over(self, document: Mapping[str, Any]) -> bool:
        """Return whether a job has an end state, or the finished form and a state that is not in `STAGES`."""
        state = document.get("jobStatus")
        return state in END_STATES or (self.finished.fits(document) and state not in STAGES)

    def shown(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a document about a job. Reading a missing member from it raises `MemberMissing`.

        If an ended job of this release gets the member only later, it raises `NotObservable`. A document without a job
        is returned unchanged.
        """
        return JobDocument(document, partial(self._lacks, document)) if self.shows_job(document) else document

    def comes_later(self, document: Mapping[str, Any], name: str) -> bool:
        """Return whether an ended job is shown in the running form, and so lacks this finished-form member."""
        is_further = self.is_late and name in self.finished.members - self.running.members
        return is_further and document.get("jobStatus") in END_STATES and self.running.fits(document)

    def _lacks(self, document: Mapping[str, Any], name: str) -> Exception:
        if self.comes_later(document, name):
            return NotObservable(f"the ended job still has the running form, in which `{name}` is missing")
        return self.missing(name)

    def missing(self, name: str) -> MemberMissing:
        """Return the error for a missing member of `/job-info`; it names the clause that requires the member."""
        owners = {"members": self.always, "finished-members": self.finished.members}
        part = next((part for part, members in owners.items() if name in members), "running-members")
        return MemberMissing(name, f"job-info.{part}")

    def differences(self, form: ResponseForm, document: Mapping[str, Any]) -> tuple[Difference, ...]:
        """Return the members of a form that a document lacks, and members that it must not have.

        Members of no form are allowed (`http.further-members`). They are only returned if a member is missing: it may
        have been renamed.
        """
        missing = form.required - document.keys()
        extra = document.keys() - form.members
        if not missing:
            extra &= self.members
        absent = (Difference(f"/{name}", "a member", NOTHING) for name in sorted(missing))
        return (*absent, *(Difference(f"/{name}", NOTHING, "a member") for name in sorted(extra)))


class JobDocument(dict[str, Any]):
    """A job's object from a response. Reading a missing member raises the error that `missing` returns for its name."""

    def __init__(self, members: Mapping[str, Any], missing: Callable[[str], Exception]) -> None:
        super().__init__(members)
        self._missing = missing

    def __missing__(self, name: str) -> Any:
        raise self._missing(name)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the members of a job that differ between two objects, with both values. The forms may differ.

    Counters (`life-cycle.counters-never-fall`) and diagnostics are left out: they change while a job runs. Jars are
    left out, too: they depend on the form.
    """
    names = (before.keys() & after.keys()) - {"metrics", "diagnostics", JARS}
    return {name: (before[name], after[name]) for name in sorted(names) if before[name] != after[name]}


def is_lost_stop(document: Mapping[str, Any]) -> bool:
    """Return whether a job failed because of a known bug of engines, and not because of the stop that was requested.

    The coordinator of 2.3.9 and 2.3.13 throws a NullPointerException if a job is stopped while a checkpoint ends.
    """
    return document.get("jobStatus") == "FAILED" and _COORDINATOR_FAILED in str(document.get("errorMsg"))


def ends_before_it_begins(job: Mapping[str, Any]) -> bool:
    """Return whether a job ends before it is created, which breaks `life-cycle.times`."""
    return END in job and str(job[END]) < str(job.get("createTime", ""))


def counters(metrics: Any) -> dict[str, str]:
    """Return the counters of a `metrics` object, except those by table or vertex.

    Names are in lower case, because releases spell them in two ways.
    """
    if not isinstance(metrics, Mapping):
        return {}
    return {name.lower(): value for name, value in metrics.items() if isinstance(value, str)}
