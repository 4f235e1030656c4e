"""Jobs of the suite where workers have a fixed number of slots."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgi import App, Asked, app

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.patience import NEEDED, WANTED, Slots
from seatunnel_conformance.errors import NoSlots
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load, releases

MakeTarget = Callable[..., Target]


@pytest.fixture
def answering(serve: Callable[[App], str]) -> Iterator[Callable[..., Target]]:
    """Return a maker of targets that answer paths as they are told: with the next of several bodies, or with 500."""
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


def test_what_was_waited_for_in_vain_is_not_waited_for_again(answering: MakeTarget) -> None:
    slots = Slots(patience=0.0)
    slots.wait(answering(overview=free(4, 4, 4)))
    assert slots.wanted == 4
    slots.wait(answering(overview=free(1, 1, 1)))
    assert slots.wanted == NEEDED


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


def test_details_that_fail_while_a_job_waits_are_asked_for_again(
    answering: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = (load(name) for name in releases())
    contract = next(it for it in named if it.operation("get_job_info").behaviour["waitingJob"] == "server-error")
    shown: list[Any] = []
    jobs = Jobs(answering(job_info=shown), contract)
    job = jobs.own(jobs.batch())
    monkeypatch.setattr("time.sleep", lambda _seconds: shown.append({"jobId": job.id}))
    assert jobs.info(job.id) == {"jobId": job.id}
    assert jobs.info("5") == {}
