"""The invariants that must hold after each command: for its response, and between details, lists and counts.

An invariant takes a snapshot and yields None or a problem for each case; without a case, it yields nothing. Its
docstring says why the clause matters to a client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

from seatunnel_conformance.arrange.expectations import REFUSALS, reduced
from seatunnel_conformance.arrange.functions import ClauseFunction
from seatunnel_conformance.arrange.job_reads import LISTED_ONCE, LISTS_RUNNING, NO_ENDED
from seatunnel_conformance.errors import DuplicateRegistration
from seatunnel_conformance.model.snapshot import FINISHED, RUNNING, LastCommand, ModelJob, Snapshot, Verb
from seatunnel_conformance.observe.forms import END, END_STATES
from seatunnel_conformance.observe.rules import JOB_RULES, Applies, Timeline
from seatunnel_conformance.text.differences import canonical

Case: TypeAlias = str | None
"""None, or a sentence with the problem."""

Rule: TypeAlias = Callable[[Snapshot], Iterable[Case]]
_Rule = TypeVar("_Rule", bound=Rule)


@dataclass(frozen=True, slots=True)
class Invariant(ClauseFunction):
    """The invariant of a clause.

    `patient`: it may be violated for a moment after a command, until the engine has updated lists and details.
    `shown_by` are the prefixes of the paths whose responses show a violation. `function` takes a snapshot or, if
    `applies` is given, each job's timeline for which `applies` is true.
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


INVARIANTS: Final = {name: Invariant(name, one, applies=when) for name, (one, when) in JOB_RULES.items()}
"""All invariants by clause id: the rules of jobs, and those that `invariant` registers."""


def invariant(
    clause_id: str, *, patient: bool = False, shown_by: tuple[str, ...] = ("/job-info/",)
) -> Callable[[_Rule], _Rule]:
    """Register a rule as the invariant of a clause."""

    def register(rule: _Rule) -> _Rule:
        if clause_id in INVARIANTS:
            raise DuplicateRegistration(f"two invariants name the clause {clause_id}")
        INVARIANTS[clause_id] = Invariant(clause_id, rule, patient, shown_by)
        return rule

    return register


def case(holds: bool, problem: str) -> Case:  # noqa: FBT001 - reads as a sentence: it holds, or this is the problem
    """Return None if `holds`, otherwise the problem."""
    return None if holds else problem


@invariant("submit-job.receipt", shown_by=())
def submit_receipt(snapshot: Snapshot) -> Iterator[Case]:
    """A client that gets no receipt knows neither whether its job runs nor the id of the job."""
    command = snapshot.command
    if command.verb is Verb.SUBMIT and not command.several:
        expected = [{"jobId": job.id, "jobName": job.name} for job in command.jobs]
        yield _answered(command, expected[0] if expected else None)


@invariant("life-cycle.generated-ids")
def generated_ids(snapshot: Snapshot) -> Iterator[Case]:
    """A client that identifies jobs by their ids mistakes one job for another."""
    if snapshot.command.verb is Verb.SUBMIT:
        ids = [job.own.id for job in snapshot.jobs]
        yield case(len(set(ids)) == len(ids), f"two jobs were given the same id: {canonical(ids)}")


@invariant("submit-jobs.receipts", shown_by=())
def submit_receipts(snapshot: Snapshot) -> Iterator[Case]:
    """A client that matches receipts with its jobs by their order follows the wrong job."""
    command = snapshot.command
    if command.verb is Verb.SUBMIT and command.several:
        yield _answered(command, [{"jobId": job.id, "jobName": job.name} for job in command.jobs])


@invariant("submit-job.id-of-running-job", shown_by=())
def id_of_running_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client that submits a job twice by mistake stops the first job, or runs two."""
    for job in _submitted_again(snapshot, ended=False):
        got = _accepted(snapshot.command)
        same = isinstance(got, Mapping) and got.get("jobId") == job.own.id
        yield case(
            same,
            f"a submission with the id of the running job {job.own.id} was answered with {snapshot.command.response!r}",
        )


@invariant("submit-job.id-of-ended-job", shown_by=())
def id_of_ended_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client that submits an ended job again by mistake moves all rows a second time."""
    expected = REFUSALS.get(snapshot.contract.operation("submit_job").behaviour.choice("finishedId"))
    for job in _submitted_again(snapshot, ended=True):
        response = snapshot.command.response
        if expected is not None and response is not None:
            yield case(
                response.status == expected,
                f"a submission with the id of the ended job {job.own.id} was answered with {response!r}",
            )


def _submitted_again(snapshot: Snapshot, *, ended: bool) -> Iterator[ModelJob]:
    if snapshot.command.verb is Verb.SUBMIT_AGAIN:
        for job in snapshot.jobs:
            if job.own in snapshot.command.jobs and (job.end is not None) is ended:
                yield job


@invariant("stop-job.receipt", shown_by=())
def stop_receipt(snapshot: Snapshot) -> Iterator[Case]:
    """A client that compares the id in the receipt with the id that it sent assumes that its job was not stopped."""
    command = snapshot.command
    if command.verb is Verb.STOP and not command.several:
        yield from (_stopped(command, {"jobId": job.id}) for job in command.jobs)


@invariant("stop-jobs.receipts", shown_by=())
def stop_receipts(snapshot: Snapshot) -> Iterator[Case]:
    """A client that matches receipts with its request by order shows the wrong job as stopped."""
    command = snapshot.command
    if command.verb is Verb.STOP and command.several:
        yield _stopped(command, [{"jobId": int(job.id)} for job in command.jobs])


@invariant("stop-job.unknown-id", shown_by=())
def stop_of_nobody(snapshot: Snapshot) -> Iterator[Case]:
    """A client that stops all of its jobs fails at a job that has left the history."""
    if snapshot.command.verb is Verb.STOP_UNKNOWN:
        yield from (_stopped(snapshot.command, {"jobId": job.id}) for job in snapshot.command.jobs)


@invariant("update-tags.success", shown_by=())
def tags_set(snapshot: Snapshot) -> Iterator[Case]:
    """A client that waits for a success sets its tags again and again."""
    response = snapshot.command.response
    if snapshot.command.verb is Verb.TAG and response is not None:
        yield case(response.status == HTTPStatus.OK, f"a request that sets tags was answered with {response!r}")


def _stopped(command: LastCommand, expected: Any) -> Case:
    """Return the case of a stop; None if a node that is not the master refused it (`stop-job.savepoint-at-worker`)."""
    return None if command.refused else _answered(command, expected)


def _answered(command: LastCommand, expected: Any) -> Case:
    holds = expected is not None and reduced(_accepted(command), expected) == expected
    return case(holds, f"expected {canonical(expected) if expected else 'the id of a job'}, got: {command.response!r}")


def _accepted(command: LastCommand) -> Any:
    """Return the JSON body of the command's response if its status is 200, otherwise None."""
    response = command.response
    return response.json_as(object) if response and response.status == HTTPStatus.OK else None


@invariant("running-job.same-job", shown_by=("/job-info/", "/running-job/"))
def same_job(snapshot: Snapshot) -> Iterator[Case]:
    """A client that reads `/running-job` sees other data of a job than a client that reads `/job-info`."""
    for job, _ in snapshot.unchanged_jobs():
        other = snapshot.observation.details.get(job.own.id, {})
        if "jobStatus" in other:
            wrong = snapshot.unlike_others(job, other, ("jobId", "jobName", "jobStatus", "createTime", "jobDag"))
            yield case(not wrong, _differ("/job-info and /running-job", job, wrong))


@invariant("running-jobs.lists-running", patient=True, shown_by=("/job-info/", RUNNING))
def lists_running(snapshot: Snapshot) -> Iterator[Case]:
    """A client that watches the list assumes that a missing job has ended."""
    for job, document in snapshot.unchanged_jobs():
        entries = snapshot.observation.entries(RUNNING, job.own.id)
        is_over = job.starts == 1 and snapshot.observation.entries(FINISHED, job.own.id)
        if document["jobStatus"] == "RUNNING" and entries is not None and not is_over:
            yield case(
                len(entries) == 1, f"the running job {job.own.id} is in {RUNNING} {len(entries)} times, not once"
            )
            for entry in entries:
                wrong = snapshot.unlike_others(job, entry, ("jobId", "jobName", "jobStatus"))
                yield case(not wrong, _differ(f"{RUNNING} and /job-info", job, wrong))
    yield from _proofs(snapshot, LISTS_RUNNING)


@invariant("running-jobs.no-ended", patient=True, shown_by=("/job-info/", RUNNING))
def no_ended(snapshot: Snapshot) -> Iterator[Case]:
    """A client that waits until its job has left the list waits forever."""
    for job, document in snapshot.ended_jobs():
        entries = snapshot.observation.entries(RUNNING, job.own.id)
        if entries is not None:
            yield case(not entries, f"the job {job.own.id} is {document['jobStatus']}, but still in {RUNNING}")
    yield from _proofs(snapshot, NO_ENDED)


def _differ(responses: str, job: ModelJob, wrong: Mapping[str, Any]) -> str:
    return f"{responses} differ for the job {job.own.id}; expected and found: {canonical(wrong)}"


def _proofs(snapshot: Snapshot, clause_id: str) -> list[Case]:
    """Return the problems of the lists that certainly break a clause, because they contradict the jobs of the run."""
    return [proof for broken, proof in snapshot.observation.wrong_lists if broken == clause_id]


@invariant("running-jobs.same-as-details", patient=True, shown_by=("/job-info/", RUNNING))
def same_as_details(snapshot: Snapshot) -> Iterator[Case]:
    """A client that opens a job from the list finds other data in its details."""
    for job, _ in snapshot.unchanged_jobs():
        for entry in snapshot.observation.entries(RUNNING, job.own.id) or ():
            wrong = snapshot.unlike_others(job, entry, ("jobName", "createTime", "envOptions", "jobDag"))
            yield case(not wrong, _differ(f"{RUNNING} and /job-info", job, wrong))


@invariant("finished-jobs.lists-ended", patient=True, shown_by=("/job-info/", FINISHED))
def lists_ended(snapshot: Snapshot) -> Iterator[Case]:
    """A client that reads the history misses a job, or reports a wrong end state for it."""
    names = ("jobId", "jobName", "jobStatus", "errorMsg", "createTime", END)
    for job, _ in snapshot.ended_jobs():
        for entry in snapshot.observation.entries(FINISHED, job.own.id) or ():
            wrong = snapshot.unlike_others(job, entry, names)
            yield case(not wrong, _differ(f"{FINISHED} and /job-info", job, wrong))


@invariant("life-cycle.in-one-list", patient=True, shown_by=(RUNNING, FINISHED))
def in_one_list(snapshot: Snapshot) -> Iterator[Case]:
    """A client that adds up both lists counts a job twice, or not at all."""
    for job, _ in snapshot.unchanged_jobs():
        running, finished = (snapshot.observation.entries(path, job.own.id) for path in (RUNNING, FINISHED))
        if job.starts == 1 and running is not None and finished is not None:
            times = f"{len(running)} times in {RUNNING} and {len(finished)} times in {FINISHED}"
            yield case(len(running) + len(finished) == 1, f"the job {job.own.id} is listed {times}, not once in all")


@invariant("life-cycle.listed-once", patient=True, shown_by=(FINISHED,))
def listed_once(snapshot: Snapshot) -> Iterator[Case]:
    """A client that counts jobs by state counts a job twice, or not at all."""
    for job, document in snapshot.ended_jobs():
        paths = {FINISHED: 1, **{f"{FINISHED}/{state}": int(state == document["jobStatus"]) for state in END_STATES}}
        found = {path: snapshot.observation.entries(path, job.own.id) for path in paths}
        wrong = {path: len(got) for path, got in found.items() if got is not None and len(got) != paths[path]}
        if all(got is not None for got in found.values()):
            yield case(
                not wrong,
                f"the job {job.own.id} ended {document['jobStatus']}, but is listed this often: {canonical(wrong)}",
            )
    for name, (_, *lengths) in snapshot.observation.counted.items():
        yield case(
            len({*lengths}) == 1,
            f"{FINISHED} has {lengths[-1]} jobs in the state of {name}, but the list of this state has {lengths[0]}",
        )
    yield from _proofs(snapshot, LISTED_ONCE)


@invariant("overview.counts-match-lists", patient=True, shown_by=("/overview", RUNNING, FINISHED))
def counts_match_lists(snapshot: Snapshot) -> Iterator[Case]:
    """A client that shows the counts next to the lists shows numbers that contradict the lists."""
    for name, (count, *lengths) in snapshot.observation.counted.items():
        yield case(count in lengths, f"{name} is {canonical(count)}, but the lists have {' or '.join(lengths)} jobs")


@invariant("update-tags.replaces", shown_by=("/overview",))
def tags_replaced(snapshot: Snapshot) -> Iterator[Case]:
    """A client moves a node to another group, and the node also stays in the old one."""
    if any(is_set for is_set, _ in snapshot.tagged.values()):
        for value, (is_set, found) in snapshot.tagged.items():
            yield case(
                (found > 0) is is_set,
                f"the node {'has' if is_set else 'does not have'} the tag {value}, but {found} workers are found by it",
            )


@invariant("update-tags.clears", shown_by=("/overview",))
def tags_cleared(snapshot: Snapshot) -> Iterator[Case]:
    """A client takes a node out of its group, and the node still gets work."""
    if not any(is_set for is_set, _ in snapshot.tagged.values()):
        for value, (_, found) in snapshot.tagged.items():
            yield case(found == 0, f"the node has no tags, but {found} workers are found by the tag {value}")
