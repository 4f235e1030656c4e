import asyncio
import math
import time

import pytest

from seatunnel_server.engine.memory.clock import ManualClock, RealClock

pytestmark = pytest.mark.anyio


async def test_manual_clock_stands_still_until_it_is_advanced(clock):
    before = clock.now(), clock.monotonic()
    await asyncio.sleep(0)
    assert (clock.now(), clock.monotonic()) == before
    await clock.advance(seconds=1.5)
    assert (clock.now() - before[0]).total_seconds() == 1.5
    assert clock.monotonic() - before[1] == 1.5


async def test_sleepers_wake_in_the_order_of_their_time_then_of_their_falling_asleep(clock):
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper(*each)) for each in (("late", 2), ("first", 1), ("second", 1), ("never", 9))]
    await clock.advance(seconds=2)
    assert woken == [("first", 1), ("second", 1), ("late", 2)]
    await clock.advance(seconds=7)
    assert woken[-1] == ("never", 9)
    await asyncio.gather(*tasks)


async def test_advance_runs_what_becomes_due_only_because_of_it(clock):
    steps: list[float] = []

    async def walker() -> None:
        for _ in range(10):
            await clock.sleep(0.1)
            steps.append(clock.monotonic())

    task = asyncio.create_task(walker())
    await clock.advance(seconds=0.7)
    assert steps == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    await clock.advance(seconds=0.3)
    assert task.done()


async def test_wait_that_is_all_but_nothing_lets_time_pass(clock):
    await asyncio.gather(clock.sleep(1e-16), clock.advance(seconds=1e-9))
    assert clock.monotonic() == 1e-9


async def test_cancelled_sleeper_is_passed_over(clock):
    task = asyncio.create_task(clock.sleep(1))
    await clock.advance()
    task.cancel()
    await clock.advance(seconds=2)
    assert task.cancelled()
    assert clock.monotonic() == 2


async def test_tick_of_no_time_at_all_still_lets_time_pass(clock):
    ticks = asyncio.create_task(_tick_for_ever(clock))
    await clock.advance(seconds=1e-8)
    assert not ticks.done()
    ticks.cancel()


async def _tick_for_ever(clock: ManualClock) -> None:
    while True:
        await clock.tick(0)


async def test_real_clock_divides_waits_by_its_speed():
    clock = RealClock(speed=1000)
    began, engine_began = time.monotonic(), clock.monotonic()
    await clock.sleep(10)
    assert 0.01 <= time.monotonic() - began < 5
    assert clock.monotonic() - engine_began >= 10


async def test_real_clock_at_infinite_speed_waits_for_nothing_but_its_ticks():
    clock = RealClock(speed=math.inf, shortest_tick=0.01)
    began = time.monotonic()
    await clock.sleep(1e9)
    await clock.tick(1e9)
    assert 0.01 <= time.monotonic() - began < 5
    assert math.isfinite(clock.monotonic())


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_speed_that_is_not_above_zero_is_refused(speed):
    with pytest.raises(ValueError, match=f"not {speed}"):
        RealClock(speed=speed)


def test_wall_time_of_a_real_clock_is_aware_and_shares_one_zone():
    clock = RealClock(speed=50)
    first, second = clock.now(), clock.now()
    assert first.utcoffset() is not None
    assert first.tzinfo is second.tzinfo
    assert (second - first).total_seconds() < 5
