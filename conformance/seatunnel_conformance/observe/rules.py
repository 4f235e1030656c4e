"""Rules about the successive objects with which one operation has shown a job. A rule asserts one clause.

Checks of clauses apply one rule to their own jobs. Random histories apply all rules to all of their jobs. Checks of an
operation apply some rules to the objects that it has shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, TypeAlias, TypeVar

from seatunnel_conformance.observe.forms import END, STAGES, JobForms, counters, ends_before_it_begins, is_lost_stop
from seatunnel_conformance.text.differences import canonical

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The objects with which one operation has shown a job since its last start, in order.

    `documents` are the objects about the job that have all members that every job has; `ended` are those with its end.
    `unknown` are the objects for an unknown job, `others` the ids of other jobs that were shown instead. `end` is the
    state in which the job must end; None if it must run. `starts` is the number of starts under its id.
    """

    job_id: str
    name: str
    documents: Sequence[Document]
    ended: Sequence[Document] = ()
    unknown: Sequence[Document] = ()
    others: Sequence[str] = ()
    end: str | None = ""
    starts: int = 1

    @classmethod
    def of(cls, job_id: str, name: str, forms: JobForms, shown: Sequence[Document], **more: Any) -> Self:
        """Return the timeline of a job from the objects of `/job-info`; `more` has `end` and `starts`."""
        every = [one for one in shown if str(one.get("jobId") or job_id) == job_id]
        documents = [one for one in every if forms.always <= one.keys() and one["jobId"] == job_id]
        return cls(
            job_id,
            name,
            documents,
            [one for one in documents if forms.is_over(one)],
            [one for one in every if forms.unknown.fits(one) and one.keys() <= forms.unknown.members],
            [canonical(one.get("jobId")) for one in shown if forms.shows_job(one) and one.get("jobId") != job_id],
            **more,
        )


Applies: TypeAlias = Callable[[Timeline], object]

_Rule = TypeVar("_Rule", bound=Callable[[Timeline], None])


JOB_RULES: Final[dict[str, tuple[Callable[[Timeline], None], Applies]]] = {}
"""By clause id, the function that asserts the rule, and whether it applies to a timeline."""


def rule(clause_id: str, applies: Applies = lambda job: job.documents) -> Callable[[_Rule], _Rule]:
    """Register a function as the rule of a clause."""

    def register(function: _Rule) -> _Rule:
        JOB_RULES[clause_id] = function, applies
        return function

    return register


_BEFORE_A_RUN: Final = {"INITIALIZING", "CREATED", "SCHEDULED"}
"""States that a job leaves before it runs. An engine can set `PENDING` late, when the job runs already."""


@rule("life-cycle.states-in-order")
def states_in_order(job: Timeline) -> None:
    """A client that has seen the end of a job sees it run again."""
    stage, before, has_run = 0, "", False
    for document in job.documents:
        state = document["jobStatus"]
        is_back = STAGES.get(state, stage) < stage or (has_run and state in _BEFORE_A_RUN)
        assert not is_back, f"the job {job.job_id} went back from {before} to {state}"
        stage, before, has_run = STAGES.get(state, stage), state, has_run or state == "RUNNING"


@rule("life-cycle.times")
def times(job: Timeline) -> None:
    """A client that computes the duration of a job, or distinguishes two runs with the same id, gets wrong results."""
    for name, word in (("createTime", "create"), (END, "end")):
        values = _values(name, job.documents)
        for document in job.documents:
            assert document.get(name) in (None, *values[:1]), (
                f"the {word} time of the job {job.job_id} changed: {canonical(values)}"
            )
            assert not ends_before_it_begins(document), f"the job {job.job_id} ended before it began"


@rule("life-cycle.never-unknown", lambda job: job.documents or job.unknown)
def never_unknown(job: Timeline) -> None:
    """A client that polls its job sees it as lost."""
    for document in job.unknown:
        raise AssertionError(f"the job {job.job_id}, which was accepted, is shown as unknown: {canonical(document)}")


@rule("life-cycle.end-is-final", lambda job: job.ended)
def end_is_final(job: Timeline) -> None:
    """A client that has read the end state of a job does not read it again, and keeps a wrong state."""
    end = job.ended[0]["jobStatus"]
    for document in job.documents[job.documents.index(job.ended[0]) :]:
        state = document["jobStatus"]
        assert state == end, f"the ended job {job.job_id} changed its state from {end} to {state}"


@rule("life-cycle.counters-never-fall", lambda job: len(job.documents) > 1)
def counters_never_fall(job: Timeline) -> None:
    """A client that computes rows per second from two counts gets a negative number."""
    for after, before in zip(job.documents[1:], job.documents, strict=False):
        counts = row_counts(after)
        olds = row_counts(before).items()
        fallen = [f"{name} from {old} to {counts[name]}" for name, old in olds if counts.get(name, old) < old]
        assert not fallen, f"counters of the job {job.job_id} fell: {', '.join(fallen)}"


@rule("life-cycle.streaming-runs-on", lambda job: job.end is None and job.documents)
def streaming_runs_on(job: Timeline) -> None:
    """A client treats a streaming job that has ended as failed, and starts it again."""
    for document in job.documents:
        state = document["jobStatus"]
        assert STAGES.get(state, 0) == 0, f"the job {job.job_id} is {state}, although it was not stopped"


def _ends(state: str, job: Timeline) -> bool:
    is_lost = state in _STOPPED and any(map(is_lost_stop, job.ended))
    return job.end == state and bool(job.ended) and not is_lost


def _has_its_end(job: Timeline) -> None:
    """A client that starts failed jobs again, for example, acts on a wrong end state."""
    for document in job.ended:
        state = document["jobStatus"]
        assert state == job.end, f"the job {job.job_id} has ended {state} instead of {job.end}"


_STOPPED: Final = {"CANCELED", "SAVEPOINT_DONE"}
_ENDS: Final = {"batch": "FINISHED", "failure": "FAILED", "stop": "CANCELED", "savepoint-stop": "SAVEPOINT_DONE"}

for _kind, _state in _ENDS.items():
    rule(f"life-cycle.{_kind}-ends", partial(_ends, _state))(_has_its_end)


@rule("life-cycle.restart", lambda job: job.starts > 1 and _values("isStartWithSavePoint", job.documents))
def restart(job: Timeline) -> None:
    """A client can't see that a job was started from its savepoint, for example after an upgrade."""
    for flag in _values("isStartWithSavePoint", job.documents):
        assert flag is True, (
            f"the job {job.job_id} was started from a savepoint, but isStartWithSavePoint is {canonical(flag)}"
        )


@rule("job-info.asked-job", lambda job: job.documents or job.others)
def asked_job(job: Timeline) -> None:
    """A client shows the state of another job than the requested one."""
    for other in job.others:
        raise AssertionError(f"/job-info for the job {job.job_id} shows the job {other}")


@rule("submit-job.given-name")
def given_name(job: Timeline) -> None:
    """A client that finds its jobs by name does not find this job."""
    for name in _values("jobName", job.documents):
        assert name == job.name, f"the job {job.job_id} has the name {canonical(name)} instead of {canonical(job.name)}"


def row_counts(document: Document) -> dict[str, int]:
    """Return the row counters of a job as integers, by their names in lower case."""
    found = counters(document.get("metrics"))
    return {name: int(text) for name, text in found.items() if name.endswith("count") and text.isdecimal()}


def _values(name: str, documents: Sequence[Document]) -> list[Any]:
    """Return the different values of a member, in the order in which they first occur."""
    values = [document[name] for document in documents if name in document]
    return [value for at, value in enumerate(values) if value not in values[:at]]
