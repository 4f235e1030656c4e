"""The hypothesis state machine: generates commands, runs them, and checks the invariants after each."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from seatunnel_conformance.arrange.job_reads import NO_RESOURCES, RESTART, STOP_ENDS, SUBMITTED
from seatunnel_conformance.arrange.jobs import SETTLING, OwnJob
from seatunnel_conformance.arrange.nodes import has_several_members
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive, LimitMissed, NoSlots, NotObservable, StopLost
from seatunnel_conformance.model.checker import CommandHistory, InvariantChecker, InvariantViolation, StopGenerating
from seatunnel_conformance.model.invariants import INVARIANTS, Invariant
from seatunnel_conformance.model.snapshot import (
    MOST_JOBS,
    LastCommand,
    ModelJob,
    Snapshot,
    Verb,
    Work,
    observe,
    shown_workers,
    workers,
)
from seatunnel_conformance.target.exchange import Exchange, Response
from seatunnel_conformance.target.job_guard import id_of

_OFTEN_ENOUGH: Final = {Verb.SUBMIT_AGAIN: 2, Verb.START_FROM_SAVEPOINT: 1, Verb.STOP_UNKNOWN: 1, Verb.TAG: 2}
"""For commands that are slow or rarely find anything, the maximum number of uses in one history."""

TAG_VALUES: Final = ("one", "two")
"""The values of the tag that histories set on the target's node."""

_WORKS: Final = st.sampled_from((Work.BATCH, Work.ENDLESS, Work.FAILING, Work.ENDLESS))
"""Kinds of jobs; endless ones are drawn more often, because only they can be stopped."""

_PAUSE: Final = 0.1
"""Seconds between two observations until lists and details are updated."""

_Function = TypeVar("_Function", bound=Callable[..., object])

_SHOWN: Final = 6
"""The maximum number of exchanges that a violation keeps."""


def _seldom(verb: Verb) -> Callable[[_Function], _Function]:
    """Limit the uses of a command in one history."""
    return precondition(lambda self: self.command_counts[verb] < _OFTEN_ENOUGH[verb])


class LifeCycle(RuleBasedStateMachine):
    """One history. Its possible commands depend only on earlier commands, not on the target's speed."""

    jobs: Bundle[ModelJob] = Bundle("jobs")

    def __init__(self, checker: InvariantChecker) -> None:
        super().__init__()
        checker.require_time()
        self.checker = checker
        self.context = checker.context
        self.target = checker.context.target.writing(allowed=True)
        self.own = checker.context.jobs
        self.model_jobs: list[ModelJob] = []
        self.command = LastCommand(Verb.WAIT)
        self.command_counts: Counter[Verb] = Counter()
        self.history = CommandHistory()
        self.tag_value: str | None = None
        self.cut_short = self.is_unusable = self.is_over = False

    @initialize(target=jobs, work=st.sampled_from((Work.BATCH, Work.ENDLESS)))
    def submit_first(self, work: Work) -> ModelJob | MultipleResults[ModelJob]:
        """Submit the first job. In the first part it is an endless one, because most commands need such a job."""
        return self.submit(work if self.checker.part else Work.ENDLESS, chosen=True)

    @precondition(lambda self: len(self.model_jobs) < MOST_JOBS)
    @rule(target=jobs, work=_WORKS, chosen=st.booleans())
    def submit(self, work: Work, chosen: bool) -> ModelJob | MultipleResults[ModelJob]:  # noqa: FBT001 - hypothesis names it
        """Submit one job, whose id the run (`chosen`) or the target chooses."""
        job = self.own.own(self._config(work))
        with self._step(f"submit {work} job {job.name}{'' if chosen else ' without an id'}"):
            if chosen:
                response = self.own.send(job)
            else:
                response = self.own.target.post("/submit-job", query={"jobName": job.name}, body=job.config)
            receipt = _receipt(response)
        if not chosen and receipt is None:
            self.command = LastCommand(Verb.SUBMIT, response=response)
            return multiple()
        if receipt is not None and not chosen:
            job = replace(job, id=receipt)
            self.own.claim(job.id)
        self.command = LastCommand(Verb.SUBMIT, (job,), response=response)
        return self._add(ModelJob(job, work))

    @precondition(lambda self: len(self.model_jobs) < MOST_JOBS - 1)
    @rule(target=jobs, works=st.lists(_WORKS, min_size=1, max_size=2))
    def submit_several(self, works: list[Work]) -> MultipleResults[ModelJob]:
        """Submit several jobs in one request."""
        jobs = [self.own.own(self._config(work)) for work in works]
        body = [{**job.config, "params": {"jobId": job.id, "jobName": job.name}} for job in jobs]
        with self._step(f"submit in one request: {', '.join(works)}"):
            response = self.own.target.post("/submit-jobs", body=body)
            _require_accepted(response, "submit-jobs.receipts")
        self.command = LastCommand(Verb.SUBMIT, jobs, several=True, response=response)
        return multiple(*(self._add(ModelJob(job, work)) for job, work in zip(jobs, works, strict=True)))

    @_seldom(Verb.SUBMIT_AGAIN)
    @rule(job=jobs)
    def submit_again(self, job: ModelJob) -> None:
        """Submit a job with the id of a running or ended one."""
        self.command_counts[Verb.SUBMIT_AGAIN] += 1
        if job.end is not None:
            self._until_ended(job)
            self.own.settle()
        with self._step(f"submit a job with the id of {job.own.name} again"):
            response = self.own.send(job.own)
        self.command = LastCommand(Verb.SUBMIT_AGAIN, (job.own,), response=response)

    @_seldom(Verb.START_FROM_SAVEPOINT)
    @rule(job=jobs)
    def start_from_savepoint(self, job: ModelJob) -> None:
        """Start an endless job from its savepoint. If it still runs, it is first stopped with a savepoint."""
        self.command_counts[Verb.START_FROM_SAVEPOINT] += 1
        if not self.checker.restartable or job.work is not Work.ENDLESS or job.stopped is False:
            return
        if job.stopped is None:
            self.stop(job, savepoint=True)
        self._until_ended(job)
        self.invariants_hold()
        self.own.settle()
        with self._step(f"start {job.own.name} from its savepoint, and wait until it runs"):
            response = self.own.send(job.own, isStartWithSavePoint="true")
            self.checker.restartable = response.status == HTTPStatus.OK
            if self.checker.restartable:
                self.own.until_restarted(job.own)
        self.command = LastCommand(Verb.START_FROM_SAVEPOINT, (job.own,), response=response)
        if self.checker.restartable:
            job.started_again()
        else:
            problem = f"the start of the job {job.own.id} from its savepoint was answered with {response!r}"
            self._keep([(INVARIANTS[RESTART], problem)], ())

    @rule(job=jobs, savepoint=st.booleans())
    def stop(self, job: ModelJob, savepoint: bool) -> None:  # noqa: FBT001 - hypothesis names it
        """Stop a job that runs, has already been stopped, or has ended."""
        savepoint = self._stoppable(job, savepoint=savepoint)
        with self._step(f"stop {job.own.name}{' with a savepoint' if savepoint else ''}"):
            response = self.own.stop(job.own.id, savepoint=savepoint)
            refused = self._note_stops([(job, savepoint)], response)
        self.command = LastCommand(Verb.STOP, (job.own,), response=response, refused=refused)

    @rule(first=jobs, second=jobs, savepoint=st.booleans())
    def stop_several(self, first: ModelJob, second: ModelJob, savepoint: bool) -> None:  # noqa: FBT001 - as above
        """Stop several jobs in one request."""
        several = [first] if first is second else [first, second]
        stops = [(job, self._stoppable(job, savepoint=savepoint)) for job in several]
        body = [{"jobId": int(job.own.id), "isStopWithSavePoint": saved} for job, saved in stops]
        with self._step(f"stop in one request: {', '.join(job.own.name for job in several)}"):
            response = self.own.target.post("/stop-jobs", body=body)
            refused = self._note_stops(stops, response)
        own = [job.own for job in several]
        self.command = LastCommand(Verb.STOP, own, several=True, response=response, refused=refused)

    @_seldom(Verb.STOP_UNKNOWN)
    @rule(savepoint=st.booleans())
    def stop_unknown(self, savepoint: bool) -> None:  # noqa: FBT001 - as above
        """Stop a job that does not exist."""
        self.command_counts[Verb.STOP_UNKNOWN] += 1
        if self.target.wire.guard.others():
            return
        unknown = OwnJob(self.own.new_id(), "", {})
        with self._step("stop a job that does not exist"):
            response = self.own.stop(unknown.id, savepoint=savepoint)
            refused = savepoint and self._is_refusal(response)
        self.command = LastCommand(Verb.STOP_UNKNOWN, (unknown,), response=response, refused=refused)

    @rule(job=jobs)
    def wait(self, job: ModelJob) -> None:
        """Wait for the end of a job, or until it moves rows if it should run."""
        if job.end is None:
            self._until_moving(job)
        else:
            self._until_ended(job)
        self.command = LastCommand(Verb.WAIT, (job.own,))

    @_seldom(Verb.TAG)
    @rule(value=st.sampled_from((*TAG_VALUES, "")))
    def tag(self, value: str) -> None:
        """Replace the node's tags by one tag or none."""
        self.command_counts[Verb.TAG] += 1
        if not self.checker.taggable or self.target.wire.guard.others():
            return
        tags = self.context.tags
        with self._step(
            f"set the tags of the node: {f'{tags.name}={value}' if value else 'none'}, and wait for the effect"
        ):
            response = tags.set({tags.name: value} if value else {})
            try:
                self._until_tagged(value)
                self.tag_value = value
            except LimitMissed:
                # The node may not be a worker; then the overview does not find it by its tags.
                self.checker.taggable, self.tag_value = False, None
        self.command = LastCommand(Verb.TAG, response=response)

    @invariant()
    def invariants_hold(self) -> None:
        """Observe the target, and check the invariants."""
        if not self.history.steps:
            return
        deadline = math.inf
        while True:
            snapshot, exchanges = self._snapshot()
            problems = self.checker.problems(snapshot)
            if time.monotonic() > deadline or not any(rule.patient for rule, _ in problems):
                break
            # The time counts from the end of the first observation, which can take longer on a slow target.
            deadline = min(deadline, time.monotonic() + SETTLING)
            time.sleep(_PAUSE)
        self._keep(problems, exchanges)

    def teardown(self) -> None:
        """Stop the jobs that still run, check the invariants once more, and restore the node's tags."""
        try:
            # If hypothesis has given up the history, there is an exception.
            self._abandon() if self.cut_short or sys.exception() else self._conclude()
        finally:
            self.context.tags.restore()

    def _conclude(self) -> None:
        for job in self.model_jobs:
            if job.end is None:
                self.stop(job, savepoint=False)
        for job in self.model_jobs:
            self._until_ended(job)
        self.command, self.is_over = LastCommand(Verb.WAIT), True
        self.invariants_hold()
        self.checker.histories += 1
        self.checker.reads_history = False

    @contextmanager
    def _step(self, sentence: str) -> Iterator[None]:
        """Record a step. Raises `StopGenerating` if the target does not respond, or a search has no time left."""
        if self.checker.raising:
            self.checker.require_time()
        with self.target.watched() as exchanges:
            try:
                yield
            except (Inconclusive, NotObservable) as error:
                self.cut_short = self.is_unusable = True
                raise StopGenerating(error) from error
            finally:
                self.checker.requests += len(exchanges)
                self.history.note(sentence, exchanges)

    def _until_tagged(self, value: str) -> None:
        tags = self.context.tags
        for other in TAG_VALUES:
            wait = tags.found if other == value else tags.lost
            wait(partial(workers, self.target, {tags.name: other}))

    def _config(self, work: Work) -> dict[str, object]:
        make = {Work.BATCH: self.own.batch, Work.ENDLESS: self.own.endless, Work.FAILING: self.own.failing}
        return make[work]()

    def _add(self, job: ModelJob) -> ModelJob:
        job.shown = self.target.observer.shown(job.own.id)
        self.model_jobs.append(job)
        return job

    def _stoppable(self, job: ModelJob, *, savepoint: bool) -> bool:
        """Wait until the engine can't lose a stop of the job. Returns whether the stop should take a savepoint.

        A job that is already being stopped is stopped again in the same way.
        """
        if job.end is None:
            self._until_moving(job)
            return savepoint
        if job.stopped is None:
            self._until_ended(job)
            return savepoint
        return job.stopped

    def _note_stops(self, stops: Sequence[tuple[ModelJob, bool]], response: Response) -> bool:
        """Record which jobs a request has stopped. Returns whether a member other than the master has refused it.

        Other members can't take a savepoint of an ended job; they stop only the jobs before the first ended one.
        """
        ended = next((at for at, (job, saved) in enumerate(stops) if saved and job.end is not None), None)
        refused = ended is not None and self._is_refusal(response)
        if response.status == HTTPStatus.OK or refused:
            for job, saved in stops[: ended if refused else None]:
                if job.end is None:
                    job.stopped = saved
        return refused

    def _is_refusal(self, response: Response) -> bool:
        return response.status == HTTPStatus.INTERNAL_SERVER_ERROR and has_several_members(self.target)

    def _until_moving(self, job: ModelJob) -> None:
        with self._step(f"wait until {job.own.name} moves rows"):
            self.own.until_moving(job.own)

    def _until_ended(self, job: ModelJob) -> None:
        if job.end is None:  # its stop, the last command, was refused
            self.invariants_hold()
            self.cut_short = True
            raise StopGenerating
        clause = "life-cycle.batch-ends" if job.stopped is None else STOP_ENDS[job.stopped]
        problem = ""
        with self._step(f"wait for the end of {job.own.name}"):
            try:
                if job.stopped is None:
                    self.own.must_finish(job.own)
                else:
                    # A stop that the engine lost is left out, as by the rules of ends.
                    with suppress(StopLost):
                        self.own.must_end(job.own, savepoint=job.stopped)
            except AssertionError as error:
                problem = str(error)
            except ArrangementFailed as error:
                if error.see != clause:
                    raise
                problem = str(error)
        if problem:
            self._keep([(INVARIANTS[clause], problem)], ())
            # Any further wait for this job would fail again.
            self.cut_short = True
            raise StopGenerating

    def _snapshot(self) -> tuple[Snapshot, tuple[Exchange, ...]]:
        with self.target.watched() as exchanges:
            try:
                whole = self.is_over and self.checker.reads_history
                found = observe(self.target, self.own, self.model_jobs, whole=whole)
                tagged = {} if self.tag_value is None else self._tagged()
            except Inconclusive as error:
                self.cut_short = self.is_unusable = True
                raise StopGenerating(error) from error
            self.checker.requests += len(exchanges)
            seen = tuple(exchanges)
        for job in self.model_jobs:
            if job.work is not Work.FAILING and NO_RESOURCES in str(found.after[job.own.id].get("errorMsg")):
                self.cut_short = True
                raise StopGenerating(NoSlots(job.own.id))
        return Snapshot(self.context.contract, self.model_jobs, self.command, found, tagged), seen

    def _tagged(self) -> dict[str, tuple[bool, int]]:
        """Return for each tag value whether the node has it, and the overview's number of workers with it."""
        name = self.context.tags.name
        found = {value: shown_workers(self.target, {name: value}) for value in TAG_VALUES}
        return {value: (value == self.tag_value, number) for value, number in found.items() if number is not None}

    def _keep(self, problems: Sequence[tuple[Invariant, str]], exchanges: Sequence[Exchange]) -> None:
        self.cut_short = self.cut_short or (bool(problems) and self.checker.raising)
        self.checker.keep(
            InvariantViolation(
                rule.clause_id, problem, CommandHistory([*self.history.steps]), self._evidence(rule, problem, exchanges)
            )
            for rule, problem in problems
        )

    def _evidence(self, rule: Invariant, problem: str, exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
        """Return the exchanges that show a problem: the last one of each path, without paths of other jobs."""
        others = [job.own.id for job in self.model_jobs if job.own.id not in problem]
        last = {one.request.target.removeprefix(self.target.context_path): one for one in exchanges}
        ours = {path: one for path, one in last.items() if not any(path.endswith(job_id) for job_id in others)}
        shown = [one for start in rule.shown_by for path, one in ours.items() if path.startswith(start)]
        return tuple(shown[:_SHOWN])

    def _abandon(self) -> None:
        """Stop the jobs that still run, without further checks."""
        for job in self.model_jobs:
            if job.end is None and not self.is_unusable:
                try:
                    self.own.until_moving(job.own)
                    self.own.stop(job.own.id)
                except (Inconclusive, NotObservable):
                    # The rest is stopped at the end of the run.
                    self.is_unusable = True


def _require_accepted(response: Response, see: str = SUBMITTED) -> None:
    if response.status != HTTPStatus.OK:
        raise ArrangementFailed(f"a job could not be submitted: {response!r}", see)


def _receipt(response: Response) -> str | None:
    """Return the id in a receipt, or None. Raises `ArrangementFailed` if the job was not accepted."""
    _require_accepted(response)
    return id_of(response.json_as(dict) or {})
