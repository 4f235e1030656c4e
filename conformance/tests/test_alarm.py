"""A block that does not look at the clock ends when its time is over."""

import signal
import time
from contextlib import suppress

import pytest

from seatunnel_conformance.target.limits import TimeIsUp, time_limit


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_block_that_computes_is_ended():
    begun = time.monotonic()
    with pytest.raises(TimeIsUp), time_limit(0.05):
        spin(5)
    assert time.monotonic() - begun < 4


def test_block_that_swallows_the_end_is_ended_again():
    def stubborn() -> None:
        with suppress(TimeIsUp):
            spin(5)
        spin(5)

    with pytest.raises(TimeIsUp), time_limit(0.02, again=0.02):
        stubborn()


def test_nothing_rings_behind_a_block():
    with time_limit(0.02):
        pass
    spin(0.05)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_limit_around_another_one_still_rings():
    def limited_itself() -> None:
        with time_limit(5):
            pass
        spin(5)

    with pytest.raises(TimeIsUp), time_limit(0.05):
        limited_itself()


def test_cleanup_is_not_interrupted():
    rings = iter([False, False, True])
    with pytest.raises(TimeIsUp), time_limit(0.01, again=0.02, may_ring=lambda: next(rings)):
        spin(5)
    assert list(rings) == []


def test_no_limit_is_none():
    with time_limit(float("inf")):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
