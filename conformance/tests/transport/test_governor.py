"""Requests are limited by rate, number and time, and refused after the target has become unreachable."""

from dataclasses import dataclass, replace

import pytest

from seatunnel_conformance.errors import LimitReached, TargetUnreachable
from seatunnel_conformance.target.limits import Governor, RequestLimits


@dataclass
class Watch:
    """A clock that only `sleep` advances."""

    now: float = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def governor(watch: Watch, **limits: float | None) -> Governor:
    return Governor(RequestLimits(**limits), "http://h", watch.clock, watch.sleep)  # type: ignore[arg-type]


@pytest.mark.parametrize(("requests", "late", "until"), [(9, 0.0, 102.0), (3, 0.2, 100.9)], ids=["in time", "late"])
def test_rate_is_kept_also_if_a_sleep_takes_too_long(watch: Watch, requests: int, late: float, until: float):
    limited = Governor(RequestLimits(rate=4.0), "http://h", watch.clock, lambda seconds: watch.sleep(seconds + late))
    for _ in range(requests):
        limited.wait_to_send()
    assert watch.now == pytest.approx(until)


def test_rate_is_kept_by_all_who_have_copies_of_the_same_limits(watch: Watch):
    limits = RequestLimits(rate=4.0)
    for copy in (limits, replace(limits, response=1.0), limits.started(watch.now)):
        Governor(copy, "http://h", watch.clock, watch.sleep).wait_to_send()
    assert watch.now == pytest.approx(100.5)
    Governor(RequestLimits(rate=4.0), "http://other", watch.clock, watch.sleep).wait_to_send()
    assert watch.now == pytest.approx(100.5)


def test_pause_is_no_credit_for_a_burst(watch: Watch):
    limited = governor(watch, rate=4.0)
    limited.wait_to_send()
    watch.sleep(60)
    for _ in range(5):
        limited.wait_to_send()
    assert watch.now == pytest.approx(161.0)


def test_budget_ends_the_run(watch: Watch):
    limited = governor(watch, requests=2)
    limited.wait_to_send()
    limited.wait_to_send()
    with pytest.raises(LimitReached, match="budget of 2 requests is used up"):
        limited.wait_to_send()


def test_time_ends_the_run_and_the_request_that_is_under_way(watch: Watch):
    limited = governor(watch, run=10.0)
    watch.sleep(7)
    assert limited.wait_to_send() == pytest.approx(0.5), "a quarter of the time is for the cleanup"
    watch.sleep(1)
    with pytest.raises(LimitReached, match="time of 10 s is used up"):
        limited.wait_to_send()


def test_run_that_was_stopped_has_not_used_up_its_time(watch: Watch):
    limited = governor(watch, run=10.0)
    limited.stop()
    assert str(limited.out_of_time) == str(limited.ended) == "the run was stopped"


def test_cleanup_has_the_rest_of_the_time_and_no_more(watch: Watch):
    limited = governor(watch, run=100.0, cleanup=20.0)
    watch.sleep(91)
    assert isinstance(limited.ended, LimitReached)
    with limited.cleanup():
        assert limited.wait_to_send() == pytest.approx(9.0)
        watch.sleep(10)
        assert isinstance(limited.ended, LimitReached)


def test_time_that_was_spent_before_counts(watch: Watch):
    assert governor(watch, run=100.0, begun=watch.now - 85.0).wait_to_send() == pytest.approx(5.0)


def test_cleanup_is_admitted_after_the_budget_for_a_while(watch: Watch):
    limited = governor(watch, requests=1, cleanup=20.0)
    limited.wait_to_send()
    watch.sleep(60)
    with limited.cleanup():
        assert limited.wait_to_send() == pytest.approx(20.0)
        watch.sleep(21)
        assert isinstance(limited.ended, LimitReached)
    assert isinstance(limited.ended, LimitReached)


def test_target_that_does_not_say_that_it_lives_is_gone(watch: Watch):
    limited = governor(watch, failures=3)
    asked = []
    for _ in range(3):
        limited.no_response(hung=False, lives=lambda: bool(asked.append(1)))
    assert asked == [1]
    with pytest.raises(TargetUnreachable, match="3 requests in a row got no response, nor did GET /overview"):
        limited.wait_to_send()


def test_target_that_hangs_is_asked_at_once(watch: Watch):
    limited = governor(watch, failures=3)
    limited.no_response(hung=True, lives=lambda: False)
    assert isinstance(limited.ended, TargetUnreachable)


def test_run_that_is_stopped_does_not_take_the_target_for_gone(watch: Watch):
    """It closes its own connections: three errors of those must not stop the cleanup."""
    limited = governor(watch, failures=2)

    def stopped_meanwhile() -> bool:
        limited.stop()
        return False

    limited.no_response(hung=True, lives=stopped_meanwhile)
    limited.no_response(hung=True, lives=lambda: False)
    with limited.cleanup():
        assert limited.wait_to_send()


def test_slow_target_that_answers_another_worker_during_the_probe_is_not_gone(watch: Watch):
    limited = governor(watch)
    limited.no_response(hung=True, lives=lambda: bool(limited.for_worker().answered()))
    assert limited.ended is None


@pytest.mark.parametrize("lives", [True, False], ids=["lives", "answers in between"])
def test_target_that_lives_or_answers_in_between_is_not_gone(watch: Watch, lives: bool):  # noqa: FBT001 - a parameter
    limited = governor(watch, failures=2)
    for _ in range(9):
        limited.no_response(hung=False, lives=lambda: lives)
        limited.answered() if not lives else None
    assert limited.ended is None


def test_every_request_that_hangs_shortens_the_wait_for_the_next(watch: Watch):
    limited = governor(watch, response=16.0, probe=3.0)
    waits = []
    for _ in range(8):
        waits.append(limited.wait_to_send())
        limited.no_response(hung=True, lives=lambda: True)
    assert waits == [16, 8, 4, 3, 3, 3, 1, 1]


def test_readings_of_members_are_requested_by_one_worker_at_a_time(watch: Watch):
    worker = governor(watch)
    path = "/seatunnel/system-monitoring-information?x=1"
    with worker.usage.disturbances.lock_for(path):
        other = worker.for_worker().usage.disturbances
        assert other.lock.locked()
        with other.lock_for("/overview"):
            pass
    assert not worker.usage.disturbances.lock.locked()
