"""Whatever a deployment does: no check or command names or ends a job of others, and none leaves own jobs silently."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wrong_engine import OTHERS, WAYS, WrongEngine, connected, is_possible

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.leftovers import Leftovers, clean_up
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.replay.player import Player, stop_own_jobs
from seatunnel_conformance.replay.sender import Address, NoResponse, Sender
from seatunnel_conformance.run.attempts import Causes, Kind, PlannedCheck
from seatunnel_conformance.run.kinds import ClauseCheck, GeneratedCheck, HistoryCheck, RecordedCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import ForeignJob, OwnIds
from seatunnel_openapi import load

URL: Final = "http://127.0.0.1:9"
RELEASE: Final = "2.3.13"
CHECKS, SCENARIOS, CLEANUPS, TESTS = 300, 300, 100, 6
"""The numbers of histories: one check or command on one deployment each; generated tests send hundreds of requests."""


@dataclass(frozen=True)
class Played:
    """The jobs that a command has left. `said` tells whether it reported that jobs may still run."""

    own: OwnIds
    said: bool


@cache
def planned(*kinds: type[Kind]) -> list[PlannedCheck]:
    asked = Settings(URL, release=RELEASE, profile="full", allow_writes=True)
    every = select(asked, load(RELEASE)).checks
    return [one for one in every if isinstance(one.kind, kinds) and one.writes and not one.skipped]


def conform(*checks: PlannedCheck) -> Played:
    contract = load(RELEASE)
    asked = Settings(URL, release=RELEASE, allow_writes=True, wait=1.0, seed=1, workers=1)
    context = Context.set_up(asked, contract)
    Causes.of(context, lambda: checks)
    reasons = [run_check(context, one).reason for one in checks]
    assert not any("the suite itself failed" in reason for reason in reasons), reasons
    return Played(context.target.own, bool(context.close()))


def replay(check: PlannedCheck) -> Played:
    assert isinstance(check.kind, RecordedCheck)
    player = Player(Sender(Address(URL, seconds=1.0)), patience=1.0)
    with suppress(ForeignJob, NoResponse):
        list(player.play(check.kind.scenario))
    return Played(player.sender.guard.own, bool(stop_own_jobs(player)))


def harms(engine: WrongEngine, play: Callable[[], Played]) -> Counter[str]:
    """Run a command on a simulated engine, and require that it has not changed jobs of others."""
    with connected(engine):
        played = play()
    own = played.own
    left = {
        job_id
        for job_id in engine.own_running
        if job_id in own.generated or engine.jobs[job_id]["name"].startswith(own.prefix)
    }
    assert (engine.named, engine.harmed) == ([], []), engine.ways
    # Some deployments say in every response that the job has ended.
    hides = engine.ways["list"] == "hidden" and engine.ways["state"] in {"ended", "flips"}
    assert played.said or hides or not left, (left, engine.ways)
    return Counter(writes=engine.writes, own=len(engine.jobs))


EVERY_WAY: Final = {name: st.sampled_from(ways) for name, ways in WAYS.items()}
DEPLOYMENTS: Final = st.fixed_dictionaries(EVERY_WAY).filter(is_possible)


READS: Final = st.fixed_dictionaries({
    **EVERY_WAY,
    # Only names distinguish the jobs of a crashed run from others; its tags are restored in any case.
    "tags": st.just("right"),
    "name": st.sampled_from(("right", "none")),
    "list": st.sampled_from(("right", "hidden", "nameless", "unreadable", "page")),
}).filter(is_possible)  # fmt: skip
OWN: Final = st.sets(st.integers(10**17, 10**18).map(str), max_size=3)
quietly = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@given(ways=DEPLOYMENTS, check=st.deferred(lambda: st.sampled_from(planned(ClauseCheck))))
@settings(quietly, max_examples=CHECKS)
def test_no_check_harms_a_job_of_others(ways: dict[str, str], check: PlannedCheck) -> None:
    harms(WrongEngine(load(RELEASE), ways), lambda: conform(check))


@pytest.mark.slow
@given(ways=DEPLOYMENTS, check=st.deferred(lambda: st.sampled_from(planned(RecordedCheck))))
@settings(quietly, max_examples=SCENARIOS)
def test_no_recorded_scenario_harms_a_job_of_others(ways: dict[str, str], check: PlannedCheck) -> None:
    harms(WrongEngine(load(RELEASE), ways), lambda: replay(check))


@pytest.mark.slow
@given(ways=DEPLOYMENTS, check=st.deferred(lambda: st.sampled_from(planned(GeneratedCheck, HistoryCheck))))
@settings(quietly, max_examples=TESTS)
def test_no_generated_request_harms_a_job_of_others(ways: dict[str, str], check: PlannedCheck) -> None:
    harms(WrongEngine(load(RELEASE), ways), lambda: conform(check))


@pytest.mark.slow
@given(ways=READS, own=OWN, theirs=st.sets(st.sampled_from(OTHERS)))
@settings(quietly, max_examples=CLEANUPS)
def test_no_cleanup_harms_a_job_of_others(ways: dict[str, str], own: set[str], theirs: set[str]) -> None:
    """The journal can have any ids: others could have written it, and receipts can be wrong."""
    engine = WrongEngine(load(RELEASE), ways)
    engine.jobs |= {job_id: {"name": "conformance-abcdef-1", "state": "RUNNING"} for job_id in own}
    names = dict.fromkeys(own | theirs, "conformance-abcdef-")

    def cleaned_up() -> Played:
        with Target(URL) as target:
            done = clean_up(Leftovers(Path("journal"), URL, "abcdef", 1, 0.0, names, tags={"a": "b"}), target)
        return Played(OwnIds("abcdef"), said=not done.is_complete)

    harms(engine, cleaned_up)
