"""Submit, stop and wait for jobs in random order, and compare the engine with a simple model."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seatunnel_server.engine.domain import Job, JobId, JobStatus
from seatunnel_server.engine.errors import JobAlreadySubmitted
from seatunnel_server.engine.memory.clock import ManualClock
from seatunnel_server.engine.memory.engine import MemoryEngine
from seatunnel_server.engine.memory.lifecycle import TRANSITIONS
from seatunnel_server.engine.memory.settings import EngineSettings

S = JobStatus
T = TypeVar("T")
NUMBERS = st.integers(1, 4)
KEPT = 5000
"""Milliseconds for which an ended job is remembered here."""


@dataclass
class Expected:
    """The states of a job, with the millisecond at which it enters each."""

    created: int
    timeline: list[tuple[int, S]] = field(default_factory=list)

    @classmethod
    def submitted(cls, now: int, kind: str) -> "Expected":
        ends = {
            "batch": [(now + 1300, S.FINISHED)],
            "failing": [(now + 250, S.FAILING), (now + 260, S.FAILED)],
            "stream": [],
        }
        return cls(now, [(now, S.PENDING), (now + 50, S.RUNNING), *ends[kind]])

    def state(self, now: int) -> S:
        return [state for at, state in self.timeline if at <= now][-1]

    def end(self) -> int | None:
        at, state = self.timeline[-1]
        return at if state.is_end else None

    def archived(self, now: int) -> bool:
        end = self.end()
        return end is not None and end + 20 <= now

    def stop(self, now: int, *, savepoint: bool) -> None:
        state = self.state(now)
        past = [(at, each) for at, each in self.timeline if at <= now]
        if savepoint and state is S.PENDING:
            runs = self.created + 50
            self.timeline = [*past, (runs, S.DOING_SAVEPOINT), (runs + 300, S.SAVEPOINT_DONE)]
        elif savepoint and state is S.RUNNING:
            self.timeline = [*past, (now, S.DOING_SAVEPOINT), (now + 300, S.SAVEPOINT_DONE)]
        elif not savepoint and state in {S.PENDING, S.RUNNING, S.DOING_SAVEPOINT}:
            self.timeline = [*past, (now, S.CANCELING), (now + 100, S.CANCELED)]


def reachable() -> dict[S, set[S]]:
    """Map each status to itself and to all that can follow it, also after several steps."""
    after = {state: {state, *direct} for state, direct in TRANSITIONS.items()}
    for _ in after:
        after = {state: set().union(*(after[each] for each in known)) for state, known in after.items()}
    return after


REACHABLE = reachable()


def machine(make: Any) -> type[RuleBasedStateMachine]:  # noqa: C901 - one class, whose rules are its methods
    class Jobs(RuleBasedStateMachine):
        @initialize()
        def start(self) -> None:
            self.clock = ManualClock()
            self.loop = asyncio.Runner()
            self.now = 0
            self.running: dict[int, Expected] = {}
            self.ended: dict[int, Expected] = {}
            self.seen: dict[int, Job] = {}
            self.engine = self.do(self.made())

        async def made(self) -> MemoryEngine:
            choice = EngineSettings(history_expire_minutes=KEPT / 60_000)
            return MemoryEngine(planner=make.planner(), clock=self.clock, settings=choice)

        def do(self, work: Coroutine[Any, Any, T]) -> T:
            return self.loop.run(work)

        def teardown(self) -> None:
            if hasattr(self, "engine"):
                self.do(self.engine.aclose())
                self.loop.close()

        @rule(number=NUMBERS, kind=st.sampled_from(["batch", "failing", "stream"]), saved=st.booleans())
        def submit(self, number: int, kind: str, *, saved: bool) -> None:
            job = {"batch": make.job, "failing": make.failing, "stream": make.stream}[kind]()
            submission = self.engine.submit({"job": job}, job_id=JobId(number), from_savepoint=saved)
            if number not in self.running and number in self.ended and not saved:
                with pytest.raises(JobAlreadySubmitted):
                    self.do(submission)
                return
            assert self.do(submission).id == JobId(number)
            if number not in self.running:
                self.running[number] = Expected.submitted(self.now, kind)
                self.seen.pop(number, None)

        @rule(number=NUMBERS, savepoint=st.booleans())
        def stop(self, number: int, *, savepoint: bool) -> None:
            self.do(self.engine.stop(JobId(number), savepoint=savepoint))
            if number in self.running:
                self.running[number].stop(self.now, savepoint=savepoint)

        @precondition(lambda self: self.running or self.ended)
        @rule(milliseconds=st.sampled_from([1, 10, 20, 50, 90, 100, 300, 1000, 1300, 5000]))
        def wait(self, milliseconds: int) -> None:
            self.do(self.clock.advance(seconds=milliseconds / 1000))
            self.now += milliseconds
            gone = [number for number, job in self.running.items() if job.archived(self.now)]
            for number in sorted(gone, key=lambda number: self.running[number].end() or 0):
                self.ended.pop(number, None)
                self.ended[number] = self.running.pop(number)
            self.ended = {n: job for n, job in self.ended.items() if self.now - (job.end() or 0) < KEPT}

        @invariant()
        def jobs_are_as_expected(self) -> None:
            for number in range(1, 5):
                job = self.do(self.engine.job(JobId(number)))
                expected = self.running.get(number) or self.ended.get(number)
                if expected is None:
                    assert job is None
                    continue
                assert job is not None
                assert job.status is expected.state(self.now)
                assert job.archived is (number not in self.running)
                assert job.create_time - ManualClock().now() == timedelta(milliseconds=expected.created)

        @invariant()
        def lists_hold_each_job_where_it_belongs(self) -> None:
            running = self.do(self.engine.running_jobs())
            ended = self.do(self.engine.finished_jobs())
            assert [job.id for job in running] == list(self.running)
            assert {job.id: job.status for job in ended} == {
                number: job.state(self.now) for number, job in self.ended.items()
            }
            finishes = [job.finish_time for job in ended]
            assert finishes == sorted(finishes)
            states = [self.do(self.engine.finished_jobs(state)) for state in S]
            assert sorted(job.id for jobs in states for job in jobs) == sorted(job.id for job in ended)

        @invariant()
        def counters_equal_the_lists(self) -> None:
            overview = self.do(self.engine.overview({}))
            assert overview.running_jobs == len(self.do(self.engine.running_jobs()))
            for state, count in (
                (S.FINISHED, overview.finished_jobs),
                (S.FAILED, overview.failed_jobs),
                (S.CANCELED, overview.cancelled_jobs),
            ):
                assert count == len(self.do(self.engine.finished_jobs(state)))
            working = [job for job in self.running.values() if not job.state(self.now).is_end]
            assert overview.total_slots == 2 * len(working)

        @invariant()
        def jobs_only_go_forward(self) -> None:
            for number in self.running:
                job = self.do(self.engine.job(JobId(number)))
                assert job is not None
                before = self.seen.setdefault(number, job)
                assert job.status in REACHABLE[before.status]
                assert job.create_time == before.create_time
                assert job.metrics.source.count >= before.metrics.source.count
                assert job.metrics.sink.count >= before.metrics.sink.count
                assert (job.version == before.version) is (job == before)
                self.seen[number] = job

    return Jobs


@pytest.mark.slow
def test_jobs_keep_to_the_model_whatever_is_asked_in_whatever_order(make):
    run_state_machine_as_test(machine(make), settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
