"""Rules for what a run has seen of one job, in order, each written once; and which operation is wrong of several.

A clause's check asks a rule about jobs that it has arranged, the histories ask all rules about all of their jobs, and
the check of an operation asks some about what that one has shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, TypeAlias, TypeVar

from seatunnel_conformance.observe.forms import END, JARS, STAGES, JobForms, counters, ends_before_it_begins
from seatunnel_conformance.text.differences import canonical

_NESTED: Final = frozenset({"metrics", "jobDag"})
"""Members whose own members are compared."""

WITH_TABLES: Final = "jobDag/sources and sinks with tables"
"""A number that is compared like a member: the config of a job states it."""


def consistent(document: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the comparable members of a job without those that are wrong whatever other operations show.

    They would accuse an operation that is right: totals that are not the sums by table, times of a job that ends
    before it begins, and times that the same operation has shown otherwise in `earlier` objects.
    """
    metrics, times = document.get("metrics"), {END, "createTime"}
    wrong = times if ends_before_it_begins(document) else set[str]()
    wrong |= {name for name in times for one in earlier if one.get(name, document.get(name)) != document.get(name)}
    with suppress(AttributeError, TypeError, ValueError):  # counts that are no numbers, which the schema refuses
        wrong |= {f"metrics/{name.lower()}" for name in wrong_totals(metrics if isinstance(metrics, Mapping) else {})}
    return {name: value for name, value in comparable(document).items() if name not in wrong}


def wrong_totals(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return the totals of metrics that are not the sums by table, with what they should be."""
    by_table = {name: found for name, found in metrics.items() if re.fullmatch("Table.*(Count|Bytes)", name)}
    sums = {name[5:]: str(sum(map(int, found.values()))) for name, found in by_table.items()}
    return {name: f"{metrics[name]}, not {total}" for name, total in sums.items() if metrics.get(name, total) != total}


def comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a job that every operation shows with the same values.

    While the job runs, counters by table are only the names of their tables, and rates are left out. When it has ended,
    its jars are left out: an operation that still shows it in the running form has them, and others have none.
    """
    is_over = STAGES.get(document.get("jobStatus", "")) == STAGES["FINISHED"]
    left_out = _NESTED | ({JARS} if is_over else set())
    plain = {name: value for name, value in document.items() if name not in left_out}
    plan = document.get("jobDag")
    if isinstance(plan, Mapping):
        plain |= {f"jobDag/{name}": value for name, value in plan.items()}
        plain[WITH_TABLES] = with_tables(plan.get("vertexInfoMap"))
    metrics = document.get("metrics")
    flat = metrics.items() if isinstance(metrics, Mapping) else ()
    counted = {
        f"metrics/{name.lower()}": sorted(value) if isinstance(value, Mapping) and not is_over else value
        for name, value in flat
        if is_over or isinstance(value, Mapping) or not re.search("(?i)qps|persecond", name)
    }
    return plain | counted


def with_tables(vertices: Any) -> int:
    """Return the number of sources and sinks of a plan that have tables."""
    listed = [vertex for vertex in vertices if isinstance(vertex, Mapping)] if isinstance(vertices, list) else []
    return len([vertex for vertex in listed if vertex.get("type") != "transform" and vertex.get("tablePaths")])


def disagreement(own: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the members that differ from the others, as found and expected.

    The expected value is one that at least two others show, and more than show the value that was found.
    """
    found, expected = {}, {}
    for name, value in own.items():
        theirs = [other[name] for other in others if name in other]
        usual = max(theirs, key=theirs.count, default=value)
        if value != usual and theirs.count(usual) > max(1, theirs.count(value)):
            found[name], expected[name] = value, usual
    return found, expected


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
    return job.end == state and bool(job.ended)


def _has_its_end(job: Timeline) -> None:
    """A client such as a scheduler decides by the state of an ended job what to do next."""
    for document in job.ended:
        state = document["jobStatus"]
        assert state == job.end, f"the job {job.job_id} has ended {state} instead of {job.end}"


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
