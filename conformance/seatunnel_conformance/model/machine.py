"""The state machine: hypothesis draws commands, they are carried out, and everything is looked at after each."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

from seatunnel_conformance.arrange.jobs import SETTLING, OwnJob
from seatunnel_conformance.errors import ArrangementFailed, Inconclusive, LimitMissed, NotObservable
from seatunnel_conformance.model.believed import MOST_JOBS, Believed, Command, Verb, Work
from seatunnel_conformance.model.court import Court, Over
from seatunnel_conformance.model.history import History, Violation
from seatunnel_conformance.model.looks import look, workers
from seatunnel_conformance.model.scene import Invariant, Scene, all_invariants
from seatunnel_conformance.target.exchange import Answer, Exchange

_OFTEN_ENOUGH: Final = {Verb.SUBMIT_AGAIN: 2, Verb.START_FROM_SAVEPOINT: 1, Verb.STOP_NOBODY: 1, Verb.TAG: 2}
"""How often one history draws commands that are slow, or that leave everything as it was."""

TAG_VALUES: Final = ("one", "two")
"""Values of the one tag that histories give to the node."""

_WORKS: Final = st.sampled_from((Work.BATCH, Work.ENDLESS, Work.FAILING, Work.ENDLESS))
"""What jobs do: endless ones come twice, because only they can be stopped."""

_PAUSE: Final = 0.1
"""Seconds between two looks while lists and details catch up."""

_NO_SLOTS: Final = "NoEnoughResource"
"""What the error of a job says that found no slots: that is the cluster's size, and not its fault."""

_Function = TypeVar("_Function", bound=Callable[..., object])

_SHOWN: Final = 6
"""Exchanges that a violation keeps."""


def _seldom(verb: Verb) -> Callable[[_Function], _Function]:
    """Let a command be drawn as long as it is wanted."""
    return precondition(lambda self: self.drawn[verb] < _OFTEN_ENOUGH[verb])


class LifeCycle(RuleBasedStateMachine):
    """One history on one target. What it may draw depends on the commands before alone, never on the target's speed."""

    jobs: Bundle[Believed] = Bundle("jobs")

    def __init__(self, court: Court) -> None:
        super().__init__()
        court.begin()
        self.court = court
        self.context = court.context
        self.target = court.context.target.writing(allowed=True)
        self.own = court.context.jobs
        self.believed: list[Believed] = []
        self.command = Command(Verb.WAIT)
        self.drawn: Counter[Verb] = Counter()
        self.history = History()
        self.tag_value: str | None = None
        self.cut_short = self.in_trouble = False

    # ------------------------------------------------------------------ commands

    @initialize(target=jobs)
    def submit_first(self) -> Believed | MultipleResults[Believed]:
        """Begin with a job that can be stopped: most commands need one."""
        return self.submit(Work.ENDLESS, chosen=True)

    @precondition(lambda self: len(self.believed) < MOST_JOBS)
    @rule(target=jobs, work=_WORKS, chosen=st.booleans())
    def submit(self, work: Work, chosen: bool) -> Believed | MultipleResults[Believed]:  # noqa: FBT001 - hypothesis names it
        """Submit one job, under an id of its own or one that the target generates."""
        job = self.own.own(self._config(work))
        with self._step(f"submit {work} job {job.name}{'' if chosen else ', which gets an id'}"):
            answer = self.own.send(job) if chosen else self._send_unnumbered(job)
            receipt = _receipt(answer)
        if not chosen and receipt is None:
            self.command = Command(Verb.SUBMIT, answer=answer)
            return multiple()
        if not chosen:
            job = replace(job, id=str(receipt))
            self.own.claim(job.id)
        self.command = Command(Verb.SUBMIT, (job,), answer=answer)
        return self._taken(Believed(job, work))

    @precondition(lambda self: len(self.believed) < MOST_JOBS - 1)
    @rule(target=jobs, works=st.lists(_WORKS, min_size=1, max_size=2))
    def submit_several(self, works: list[Work]) -> MultipleResults[Believed]:
        """Submit jobs in one request."""
        jobs = [self.own.own(self._config(work)) for work in works]
        body = [{**job.config, "params": {"jobId": job.id, "jobName": job.name}} for job in jobs]
        with self._step(f"submit in one request: {', '.join(works)}"):
            answer = self.own.target.post("/submit-jobs", body=body)
            _require_taken(answer)
        self.command = Command(Verb.SUBMIT, jobs, several=True, answer=answer)
        return multiple(*(self._taken(Believed(job, work)) for job, work in zip(jobs, works, strict=True)))

    @_seldom(Verb.SUBMIT_AGAIN)
    @rule(job=jobs)
    def submit_again(self, job: Believed) -> None:
        """Submit a job under the id of one that runs, or that has ended."""
        self.drawn[Verb.SUBMIT_AGAIN] += 1
        if job.end is not None:
            self._until_ended(job)
            self.own.settle()
        with self._step(f"submit a job under the id of {job.own.name} again"):
            answer = self.own.send(job.own)
        self.command = Command(Verb.SUBMIT_AGAIN, (job.own,), answer=answer)

    @_seldom(Verb.START_FROM_SAVEPOINT)
    @rule(job=jobs)
    def start_from_savepoint(self, job: Believed) -> None:
        """Stop an endless job with a savepoint, unless that has been done, and start it from there."""
        self.drawn[Verb.START_FROM_SAVEPOINT] += 1
        if job.work is not Work.ENDLESS or job.stopped is False:
            return
        if job.stopped is None:
            self.stop(job, savepoint=True)
        self._until_ended(job)
        self.everything_holds()
        self.own.settle()
        with self._step(f"start {job.own.name} from its savepoint, and wait until it runs"):
            answer = self.own.send(job.own, isStartWithSavePoint="true")
            _require_taken(answer)
            self.own.wait(job.own, "the job, running again", lambda shown: shown.get("jobStatus") == "RUNNING")
        self.command = Command(Verb.START_FROM_SAVEPOINT, (job.own,), answer=answer)
        job.started_again()

    @rule(job=jobs, savepoint=st.booleans())
    def stop(self, job: Believed, savepoint: bool) -> None:  # noqa: FBT001 - hypothesis names it
        """Stop a job that moves rows, one that is being stopped once more, or one that has ended already."""
        savepoint = self._stoppable(job, savepoint=savepoint)
        with self._step(f"stop {job.own.name}{' with a savepoint' if savepoint else ''}"):
            answer = self.own.stop(job.own.id, savepoint=savepoint)
        self.command = Command(Verb.STOP, (job.own,), answer=answer)
        self._stopped(job, answer, savepoint=savepoint)

    @rule(first=jobs, second=jobs, savepoint=st.booleans())
    def stop_several(self, first: Believed, second: Believed, savepoint: bool) -> None:  # noqa: FBT001 - as above
        """Stop jobs in one request."""
        several = [first] if first is second else [first, second]
        savepoints = [self._stoppable(job, savepoint=savepoint) for job in several]
        body = [
            {"jobId": int(job.own.id), "isStopWithSavePoint": saved}
            for job, saved in zip(several, savepoints, strict=True)
        ]
        with self._step(f"stop in one request: {', '.join(job.own.name for job in several)}"):
            answer = self.own.target.post("/stop-jobs", body=body)
        self.command = Command(Verb.STOP, [job.own for job in several], several=True, answer=answer)
        for job, saved in zip(several, savepoints, strict=True):
            self._stopped(job, answer, savepoint=saved)

    @_seldom(Verb.STOP_NOBODY)
    @rule(savepoint=st.booleans())
    def stop_nobody(self, savepoint: bool) -> None:  # noqa: FBT001 - as above
        """Stop a job that there isn't."""
        self.drawn[Verb.STOP_NOBODY] += 1
        nobody = OwnJob(self.own.new_id(), "", {})
        with self._step("stop a job that there is not"):
            answer = self.own.stop(nobody.id, savepoint=savepoint)
        self.command = Command(Verb.STOP_NOBODY, (nobody,), answer=answer)

    @rule(job=jobs)
    def wait(self, job: Believed) -> None:
        """Wait for the end of a job, if it has reason to come to one; else until it moves rows."""
        if job.end is None:
            self._until_moving(job)
        else:
            self._until_ended(job)
        self.command = Command(Verb.WAIT, (job.own,))

    @_seldom(Verb.TAG)
    @rule(value=st.sampled_from((*TAG_VALUES, "")))
    def tag(self, value: str) -> None:
        """Give the node one tag in the place of all others, or none."""
        self.drawn[Verb.TAG] += 1
        if not self.court.taggable:
            return
        tags = self.context.tags
        with self._step(f"give the node {f'the tag {tags.name}={value}' if value else 'no tags'}, and wait for it"):
            answer = tags.set({tags.name: value} if value else {})
            try:
                self._until_tagged(value)
                self.tag_value = value
            except LimitMissed:
                # In a cluster of several members this node may be no worker; then nobody can see its tags.
                self.court.taggable, self.tag_value = False, None
        self.command = Command(Verb.TAG, answer=answer)

    # ------------------------------------------------------------------ what holds

    @invariant()
    def everything_holds(self) -> None:
        """Look at everything, and hold it against the rules."""
        if not self.history.steps:
            return
        deadline = time.monotonic() + SETTLING
        while True:
            scene, exchanges = self._scene()
            problems = self.court.problems(scene)
            if time.monotonic() > deadline or not any(rule.patient for rule, _ in problems):
                break
            time.sleep(_PAUSE)
        self._keep(problems, exchanges)

    def teardown(self) -> None:
        """End what still runs, look for the last time, and put the node's tags back."""
        try:
            # What hypothesis itself has given up comes here with the exception that says so.
            if self.cut_short or sys.exception():
                self._abandon()
            else:
                self._conclude()
        finally:
            self.context.tags.restore()

    def _conclude(self) -> None:
        for job in self.believed:
            if job.end is None:
                self.stop(job, savepoint=False)
        for job in self.believed:
            self._until_ended(job)
        self.command = Command(Verb.WAIT)
        self.everything_holds()
        self.court.histories += 1

    # ------------------------------------------------------------------ how it is done

    @contextmanager
    def _step(self, sentence: str) -> Iterator[None]:
        """Write a step down; a target that is slow or gone ends the histories."""
        with self.target.watched() as exchanges:
            try:
                yield
            except (Inconclusive, NotObservable) as trouble:
                self.cut_short = self.in_trouble = True
                raise Over(trouble) from trouble
            finally:
                self.court.requests += len(exchanges)
                self.history.note(sentence, exchanges)

    def _until_tagged(self, value: str) -> None:
        tags = self.context.tags
        for other in TAG_VALUES:
            wait = tags.found if other == value else tags.lost
            wait(partial(workers, self.target, {tags.name: other}))

    def _config(self, work: Work) -> dict[str, object]:
        make = {Work.BATCH: self.own.batch, Work.ENDLESS: self.own.endless, Work.FAILING: self.own.failing}
        return make[work]()

    def _send_unnumbered(self, job: OwnJob) -> Answer:
        return self.own.target.post("/submit-job", query={"jobName": job.name}, body=job.config)

    def _taken(self, job: Believed) -> Believed:
        self.believed.append(job)
        return job

    def _stoppable(self, job: Believed, *, savepoint: bool) -> bool:
        """Wait until a stop can't be lost, and return whether it is to take a savepoint."""
        if job.end is None:
            self._until_moving(job)
            return savepoint
        if job.stopped is None:
            self._until_ended(job)
            return savepoint
        return job.stopped

    def _stopped(self, job: Believed, answer: Answer, *, savepoint: bool) -> None:
        if job.end is None and answer.status == HTTPStatus.OK:
            job.stopped = savepoint

    def _until_moving(self, job: Believed) -> None:
        with self._step(f"wait until {job.own.name} moves rows"):
            self.own.until_moving(job.own)

    def _until_ended(self, job: Believed) -> None:
        wait = self.own.must_finish if job.stopped is None else self.own.must_end
        clause = {None: "life-cycle.batch-ends", True: "life-cycle.savepoint-stop-ends", False: "life-cycle.stop-ends"}
        problem = ""
        with self._step(f"wait for the end of {job.own.name}"):
            try:
                wait(job.own)
            except AssertionError as trouble:
                problem = str(trouble)
        if problem:
            self._keep([(all_invariants()[clause[job.stopped]], problem)], ())
            # Whatever waits for this job again would wait in vain, and blame it again.
            self.cut_short = True
            raise Over

    def _scene(self) -> tuple[Scene, tuple[Exchange, ...]]:
        with self.target.watched() as exchanges:
            try:
                found = look(self.target, self.own, self.believed)
                tagged = {} if self.tag_value is None else self._tagged()
            except Inconclusive as trouble:
                self.cut_short = self.in_trouble = True
                raise Over(trouble) from trouble
            self.court.requests += len(exchanges)
            seen = tuple(exchanges)
        for job in self.believed:
            job.show(found.before[job.own.id])
            job.show(found.after[job.own.id])
            if job.work is not Work.FAILING and _NO_SLOTS in str(job.shown[-1].get("errorMsg")):
                self.cut_short = True
                raise Over(ArrangementFailed(f"the cluster has no slots for the job {job.own.id}"))
        return Scene(self.context.contract, self.believed, self.command, found, tagged), seen

    def _tagged(self) -> dict[str, tuple[bool, int]]:
        """Return for each value whether the node has the tag, and how many workers are found by it."""
        name = self.context.tags.name
        return {value: (value == self.tag_value, workers(self.target, {name: value})) for value in TAG_VALUES}

    def _keep(self, problems: Sequence[tuple[Invariant, str]], exchanges: Sequence[Exchange]) -> None:
        self.cut_short = self.cut_short or (bool(problems) and self.court.raising)
        self.court.keep(
            Violation(rule.clause_id, problem, History([*self.history.steps]), self._telling(rule, problem, exchanges))
            for rule, problem in problems
        )

    def _telling(self, rule: Invariant, problem: str, exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
        """Return the exchanges that show a problem: of each path the last, of paths with an id those of its jobs."""
        others = [job.own.id for job in self.believed if job.own.id not in problem]
        last = {one.request.target.removeprefix(self.target.context_path): one for one in exchanges}
        ours = {path: one for path, one in last.items() if not any(path.endswith(job_id) for job_id in others)}
        telling = [one for start in rule.shown_by for path, one in ours.items() if path.startswith(start)]
        return tuple(telling[:_SHOWN])

    def _abandon(self) -> None:
        """Stop what runs, without judging anything any more."""
        for job in self.believed:
            if job.end is None and not self.in_trouble:
                try:
                    self.own.until_moving(job.own)
                    self.own.stop(job.own.id)
                except (Inconclusive, NotObservable):
                    # What is left is stopped at the end of the run.
                    self.in_trouble = True


def _require_taken(answer: Answer) -> None:
    if answer.status != HTTPStatus.OK:
        raise ArrangementFailed(f"a job could not be submitted: {answer!r}")


def _receipt(answer: Answer) -> object:
    """Return the id that a job was given, None when there is none. Raises `ArrangementFailed` for a refusal."""
    _require_taken(answer)
    try:
        return answer.members.get("jobId")
    except AssertionError:
        return None
