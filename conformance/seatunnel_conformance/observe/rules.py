"""Rules for what a run has seen of one job, in order. Each is written once.

A clause's check asks a rule about jobs that it has arranged, the histories ask all rules about all of their jobs, and
the check of an operation asks some about what that one has shown.
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
    """A job of the run since its last start, as one operation has shown it.

    `documents` are the objects that show it with the members of every job, in order, `unknown` those that say that it
    is not known, `others` the ids of other jobs that were shown instead. `end` is the state in which it has to end,
    None if it has to run, `starts` the number of starts under its id.
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
        """Return the timeline of a job from the objects of its details; `more` are `end` and `starts`."""
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


@dataclass(frozen=True, slots=True)
class JobRule:
    """A rule of a clause: the function asserts it for a timeline to which it applies."""

    function: Callable[[Timeline], None]
    applies: Applies


JOB_RULES: Final[dict[str, JobRule]] = {}
"""By clause id."""


def rule(clause_id: str, applies: Applies = lambda job: job.documents) -> Callable[[_Rule], _Rule]:
    """Register a function as the rule of a clause."""

    def register(function: _Rule) -> _Rule:
        JOB_RULES[clause_id] = JobRule(function, applies)
        return function

    return register


@rule("life-cycle.states-in-order")
def states_in_order(job: Timeline) -> None:
    """A client that has seen a job end must not see it run again."""
    states, stage = _values("jobStatus", job.documents), 0
    for document in job.documents:
        assert STAGES.get(document["jobStatus"], stage) >= stage, (
            f"the job {job.job_id} went from one state to an earlier one: {canonical(states)}"
        )
        stage = STAGES.get(document["jobStatus"], stage)


@rule("life-cycle.times")
def times(job: Timeline) -> None:
    """A client computes the duration of a job from its times, and distinguishes two runs with the same id by them."""
    for name, word in (("createTime", "create"), (END, "end")):
        values = _values(name, job.documents)
        for document in job.documents:
            assert document.get(name) in (None, *values[:1]), (
                f"the {word} time of the job {job.job_id} changed: {canonical(values)}"
            )
            assert not ends_before_it_begins(document), f"the job {job.job_id} ended before it began"


@rule("life-cycle.never-unknown", lambda job: job.documents or job.unknown)
def never_unknown(job: Timeline) -> None:
    """A client that polls would treat its job as lost."""
    for document in job.unknown:
        raise AssertionError(f"the job {job.job_id}, which was accepted, is shown as unknown: {canonical(document)}")


@rule("life-cycle.end-is-final", lambda job: job.ended)
def end_is_final(job: Timeline) -> None:
    """A client does not read a job again that has ended."""
    since = job.documents[job.documents.index(job.ended[0]) :]
    for document in since:
        assert document["jobStatus"] == job.ended[0]["jobStatus"], (
            f"the ended job {job.job_id} changed its state: {canonical(_values('jobStatus', since))}"
        )


@rule("life-cycle.counters-never-fall", lambda job: len(job.documents) > 1)
def counters_never_fall(job: Timeline) -> None:
    """A client that draws or bills rows subtracts the previous count."""
    for after, before in zip(job.documents[1:], job.documents, strict=False):
        counts = row_counts(after)
        olds = row_counts(before).items()
        fallen = [f"{name} from {old} to {counts[name]}" for name, old in olds if counts.get(name, old) < old]
        assert not fallen, f"counters of the job {job.job_id} fell: {', '.join(fallen)}"


@rule("life-cycle.streaming-runs-on", lambda job: job.end is None and job.documents)
def streaming_runs_on(job: Timeline) -> None:
    """A client treats a streaming job that has ended as broken."""
    for document in job.documents:
        state = document["jobStatus"]
        assert STAGES.get(state, 0) == 0, f"the job {job.job_id} is {state}, although it was not stopped"


def _ends(state: str, job: Timeline) -> bool:
    is_lost = state in _STOPPED and any(map(is_lost_stop, job.ended))
    return job.end == state and bool(job.ended) and not is_lost


def _has_its_end(job: Timeline) -> None:
    """A client such as a scheduler decides by the state of an ended job what to do next."""
    for document in job.ended:
        state = document["jobStatus"]
        assert state == job.end, f"the job {job.job_id} has ended {state} instead of {job.end}"


_STOPPED: Final = {"CANCELED", "SAVEPOINT_DONE"}
_ENDS: Final = {"batch": "FINISHED", "failure": "FAILED", "stop": "CANCELED", "savepoint-stop": "SAVEPOINT_DONE"}

for _kind, _state in _ENDS.items():
    rule(f"life-cycle.{_kind}-ends", partial(_ends, _state))(_has_its_end)


@rule("life-cycle.restart", lambda job: job.starts > 1 and _values("isStartWithSavePoint", job.documents))
def restart(job: Timeline) -> None:
    """A client upgrades a cluster by stopping jobs with a savepoint and starting them again."""
    for flag in _values("isStartWithSavePoint", job.documents):
        assert flag is True, (
            f"the job {job.job_id} was started from a savepoint, but isStartWithSavePoint is {canonical(flag)}"
        )


@rule("job-info.asked-job", lambda job: job.documents or job.others)
def asked_job(job: Timeline) -> None:
    """A client would show the state of another job."""
    for other in job.others:
        raise AssertionError(f"asked for {job.job_id}, got the job {other}")


@rule("submit-job.given-name")
def given_name(job: Timeline) -> None:
    """A client finds its jobs by their names."""
    for name in _values("jobName", job.documents):
        assert name == job.name, f"the job {job.job_id} has the name {canonical(name)} instead of {canonical(job.name)}"


def row_counts(document: Document) -> dict[str, int]:
    """Return the counters of rows of a job as numbers, by their names in lower case."""
    found = counters(document.get("metrics"))
    return {name: int(text) for name, text in found.items() if name.endswith("count") and text.isdecimal()}


def _values(name: str, documents: Sequence[Document]) -> list[Any]:
    """Return the values of a member, each once, in order."""
    values = [document[name] for document in documents if name in document]
    return [value for at, value in enumerate(values) if value not in values[:at]]
