"""A block that does not look at the clock ends when its time is over."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from seatunnel_conformance.target.limits import TimeIsUp, ring_in, time_limit


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


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of a module that takes 0.3 seconds to import."""
    text = "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end:\n    pass\n"
    (tmp_path / "slow_to_import.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "slow_to_import"
    sys.modules.pop("slow_to_import", None)


def test_import_is_not_ended_within(slow_module: str):
    # It could leave the import lock locked, and every later import would wait for ever.
    def work() -> None:
        import_module(slow_module)
        spin(5)

    with pytest.raises(TimeIsUp), time_limit(0.02, again=0.02):
        work()
    assert slow_module in sys.modules


def test_import_in_another_thread_is_not_ended_within(slow_module: str):
    def work() -> None:
        with suppress(TimeIsUp):
            began.set()
            import_module(slow_module)
            spin(5)

    began, thread = threading.Event(), threading.Thread(target=work)
    thread.start()
    began.wait()
    time.sleep(0.02)
    begun = time.monotonic()
    while thread.is_alive() and time.monotonic() - begun < 4:
        ring_in(thread)
        thread.join(0.02)
    assert not thread.is_alive()
    assert slow_module in sys.modules


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
