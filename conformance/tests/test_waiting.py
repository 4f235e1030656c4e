"""Waits of a run: how long they are, and for how many slots."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from asgi import Asked, app
from makers import ReferenceAs, Serve

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.expectations import started_once
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.arrange.waiting import FIRST, HOPELESS, MARGIN, NEEDED, SHORT, WANTED, Patience, Slots
from seatunnel_conformance.errors import NoSlots
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.kinds import ClauseCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import Workers
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load, releases


def test_first_wait_is_as_long_as_asked_for():
    patience = Patience(30.0)
    assert [patience.seconds("an end", most) for most in (None, 10.0, 50.0)] == [30, 10, 30]


@pytest.mark.parametrize(
    ("waits", "awaited", "seconds"),
    [([30.0], "an end", SHORT), ([1.0] * HOPELESS, "an end", 0), ([10.0], "a start", 30)],
    ids=["not repeated", "never comes", "other things"],
)
def test_wait_after_others_in_vain_is_short_for_the_same_thing(waits: list[float], awaited: str, seconds: float):
    patience = Patience(30.0)
    for one in waits:
        patience.timed_out("an end", one)
    assert patience.seconds(awaited) == seconds
    assert patience.is_hopeless("an end")


def test_what_came_after_some_time_is_waited_for_longer():
    patience = Patience(30.0)
    patience.came("an end", 4.0)
    patience.timed_out("an end", 30.0)
    assert patience.seconds("an end") == 4 * MARGIN
    assert not patience.is_hopeless("an end")


def test_first_cause_is_that_of_later_waits_until_something_comes():
    patience = Patience(30.0)
    assert patience.timed_out("an end", 30.0, "a") == "a"
    assert patience.timed_out("an end", 1.0, "b") == "a"
    patience.came("an end", 1.0)
    assert patience.timed_out("an end", 1.0, "b") == "b"


def test_all_waits_in_vain_together_have_a_limit():
    patience = Patience(30.0)
    patience.timed_out("an end", 30.0)
    assert patience.seconds("a start") == FIRST
    patience.timed_out("a start", FIRST)
    assert patience.seconds("a start") == SHORT


MakeTarget = Callable[..., Target]
EIGHT_SLOTS = "slot-service: {dynamic-slot: false, slot-num: 8}"


@pytest.fixture
def answering(serve: Serve) -> Iterator[Callable[..., Target]]:
    """Return a maker of targets that respond for a path with the next of several bodies, or with 500."""
    targets = []

    def make(**bodies: list[Any]) -> Target:
        def answer(asked: Asked) -> tuple[int, Any]:
            left = bodies.get(asked.path.split("/")[1].replace("-", "_"), [])
            return (200, left.pop(0)) if left else (500, {"status": "fail", "message": None})

        targets.append(Target(serve(app(answer)), allow_writes=True))
        return targets[-1]

    yield make
    for target in targets:
        target.close()


@pytest.fixture
def breaking() -> Contract:
    """The contract of a release that can't show a job which found no slots."""
    found = (load(name) for name in releases())
    return next(it for it in found if it.operation("get_job_info").behaviour["unscheduledJob"] == "server-error")


def free(*counts: int) -> list[Any]:
    return [{"unassignedSlot": str(count), "totalSlot": "8"} for count in counts]


def test_job_waits_until_slots_are_free(answering: MakeTarget) -> None:
    overviews = free(1, 3, WANTED, 0)
    Slots().wait(answering(overview=overviews))
    assert overviews == free(0)


def test_dynamic_slots_are_not_waited_for(answering: MakeTarget) -> None:
    overviews = free(0, 0)
    Slots().wait(answering(overview=overviews))
    assert overviews == free(0)


def test_target_that_has_no_slots_at_all_is_asked_once(answering: MakeTarget) -> None:
    overviews = [{"unassignedSlot": "0", "totalSlot": "0"}] * 3
    target, slots = answering(overview=overviews), Slots()
    for _ in range(3):
        slots.wait(target)
    assert len(overviews) == 2


def test_what_was_waited_for_in_vain_is_not_waited_for_again(answering: MakeTarget) -> None:
    slots = Slots(patience=0.0)
    slots.wait(answering(overview=free(4, 4, 4)))
    assert slots.wanted == 4
    slots.wait(answering(overview=free(1, 1, 1)))
    assert slots.wanted == NEEDED


@pytest.mark.parametrize(("count", "at_once"), [(2, 0), (4, 1), (8, 1), (20, 3), (0, None)])
def test_checks_have_jobs_at_the_same_time_if_there_are_slots_for_each(
    answering: MakeTarget, count: int, at_once: int | None
) -> None:
    slots = Slots()
    slots.count(answering(overview=free(count)))
    assert slots.at_once == at_once


@pytest.mark.slow
def test_every_check_finds_slots_for_its_jobs_among_eight(reference_as: ReferenceAs) -> None:
    url = reference_as("2.3.10", engine=EIGHT_SLOTS)
    settings = Settings(url, "2.3.10", only=("submit-job", "submit-jobs", "stop-jobs"), reference=True)
    checks = [one for one in select(settings, load("2.3.10")).checks if isinstance(one.kind, ClauseCheck)]
    with closing(Context.set_up(settings, load("2.3.10"))) as context:
        workers = Workers(context, checks, 8)
        outcomes = [workers.outcome(check) for check in checks]
        workers.stop()
    assert [(one.id, one.reason) for one in outcomes if one.verdict is not Verdict.PASS] == []


@pytest.mark.slow
def test_jobs_of_a_check_that_has_not_passed_leave_their_slots(reference_as: ReferenceAs) -> None:
    settings = Settings(reference_as("2.3.10", engine=EIGHT_SLOTS), "2.3.10", reference=True)
    with closing(Context.set_up(settings, load("2.3.10"))) as context:
        jobs = context.jobs
        assert jobs.checks_at_once() == 1
        shared, left = jobs.running(), jobs.moving()
        jobs.release()
        assert jobs.must_end(left)["jobStatus"] == "CANCELED"
        assert jobs.info(shared.id)["jobStatus"] == "RUNNING"


def test_overview_that_is_broken_keeps_no_job_from_being_submitted(answering: MakeTarget) -> None:
    slots = Slots()
    for overviews in ([], [[]], [{"unassignedSlot": None}], [{"unassignedSlot": "many"}]):
        slots.wait(answering(overview=overviews))
    assert not slots.fixed


def test_own_job_that_found_no_slots_says_nothing_about_the_target(answering: MakeTarget, breaking: Contract) -> None:
    failed: list[Any] = []
    jobs = Jobs(answering(overview=free(WANTED), finished_jobs=[failed, failed]), breaking)
    job = jobs.own(jobs.batch())
    assert jobs.info(job.id) == {}
    failed.append({"jobId": job.id})
    with pytest.raises(NoSlots, match=job.id):
        jobs.info(job.id)


def test_own_job_that_found_no_slots_needs_no_stop(answering: MakeTarget, breaking: Contract) -> None:
    failed: list[Any] = []
    jobs = Jobs(answering(overview=free(WANTED), finished_jobs=[failed]), breaking)
    failed.append({"jobId": jobs.own(jobs.batch()).id})
    assert jobs.close() == []


def test_details_that_fail_where_slots_are_dynamic_are_no_lack_of_slots(
    answering: MakeTarget, breaking: Contract
) -> None:
    failed: list[Any] = []
    jobs = Jobs(answering(overview=free(0), finished_jobs=[failed]), breaking)
    job = jobs.own(jobs.batch())
    failed.append({"jobId": job.id})
    assert jobs.info(job.id) == {}


@pytest.fixture
def waiting() -> Contract:
    """The contract of a release that can't show a job before it is scheduled."""
    found = (load(name) for name in releases())
    return next(it for it in found if it.operation("get_job_info").behaviour["waitingJob"] == "server-error")


def test_job_with_an_id_of_the_target_can_be_submitted_before_it_is_scheduled(
    answering: MakeTarget, waiting: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    target = answering(job_info=shown, running_jobs=[[]], finished_jobs=[[]])
    jobs = Jobs(target, waiting)
    jobs.claim("77")
    monkeypatch.setattr("time.sleep", lambda _seconds: shown.append({"jobId": "77", "jobName": "mine"}))
    started_once(jobs, "77", "mine")


def test_list_that_fails_while_somebody_elses_job_waits_is_requested_again(serve: Serve, waiting: Contract) -> None:
    asked: list[str] = []

    def answer(request: Asked) -> tuple[int, Any]:
        asked.append(request.path)
        return (200, []) if len(asked) % 3 == 0 and request.path == "/running-jobs" else (500, {"status": "fail"})

    def statuses(contract: Contract, path: str) -> tuple[list[int], int]:
        asked.clear()
        context = Context.set_up(Settings(serve(app(answer)), release=contract.release), contract)
        context.target.governor.sleep = lambda _seconds: None
        worker = context.for_worker()
        with worker.connections():
            return [worker.target.get(path).status for _ in range(2)], len(asked)

    assert statuses(waiting, "/running-jobs") == ([200, 200], 6)
    assert statuses(waiting, "/finished-jobs") == ([500, 500], 5), "what keeps failing is not waited for again"
    assert statuses(load("2.3.13"), "/running-jobs") == ([500, 500], 2)


def test_details_that_fail_while_a_job_waits_are_asked_for_again(
    answering: MakeTarget, waiting: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    jobs = Jobs(answering(job_info=shown), waiting)
    job = jobs.own(jobs.batch())
    monkeypatch.setattr("time.sleep", lambda _seconds: shown.append({"jobId": job.id}))
    assert jobs.info(job.id) == {"jobId": job.id}
    assert jobs.info("5") == {}
