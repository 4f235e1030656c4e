"""The recorded scenarios that become checks, and the ids of these checks."""

import re
import time
from fnmatch import fnmatchcase

import pytest

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.replay import Address, bundled, recorded_releases
from seatunnel_conformance.replay.recording import (
    LEFT_OUT,
    STEPS_LEFT_OUT,
    is_quick,
    needs_one_node,
    other_set_up,
    scenarios,
    sets_tags,
)
from seatunnel_conformance.run.attempts import PlannedCheck
from seatunnel_conformance.run.kinds import RecordedCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.recorded import TargetSender
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.deployment import RequestLimits, Target
from seatunnel_openapi import Contract, load


def planned(release: str, profile: str = "full", *, reference: bool = True) -> list[PlannedCheck]:
    settings = Settings(url="http://localhost:8080", release=release, profile=profile, reference=reference)
    every = select(settings, load(release)).checks
    return [one for one in every if isinstance(one.kind, RecordedCheck)]


@pytest.mark.parametrize("release", recorded_releases())
def test_every_recorded_scenario_is_planned_under_its_operation(release: str):
    names = [one.id for one in planned(release)]
    assert len(set(names)) == len(names) == len(scenarios(release))
    assert all(re.match(r"[A-Z]+ /\S*, recorded as [a-z-]+/[\w.-]+$", name) for name in names)


def test_scenario_about_an_operation_is_selected_by_it():
    settings = Settings(url="http://localhost", release="2.3.10", profile="full", only=("stop_job",))
    names = [one.id for one in select(settings, load("2.3.10")).checks]
    assert "POST /stop-job, recorded as stop-job/unknown-id" in names
    assert not any("submit" in name for name in names)


def test_release_that_nobody_has_recorded_has_no_such_checks():
    assert planned("documented") == []


@pytest.mark.parametrize("glob", LEFT_OUT)
def test_reason_to_leave_a_scenario_out_is_about_one(glob: str):
    names = {scenario.full_name for release in recorded_releases() for scenario in scenarios(release)}
    assert [name for name in names if fnmatchcase(name, glob)]


def test_step_is_left_out_alone():
    for release in recorded_releases():
        whole = {f"{each.full_name}/{step.id}" for each in bundled(release) for step in each.steps}
        played = {f"{each.full_name}/{step.id}" for each in scenarios(release) for step in each.steps}
        assert whole - played == set(STEPS_LEFT_OUT)


def test_standard_profile_plays_what_starts_no_jobs():
    quick = planned("2.3.10", "standard")
    assert 100 < len(quick) < len(planned("2.3.10"))
    assert all(is_quick(one.kind.scenario) for one in quick if isinstance(one.kind, RecordedCheck))


def test_profile_that_only_reads_plays_only_what_reads():
    made = [one for one in planned("2.3.10", "read-only") if not one.skipped]
    assert made
    assert not any(one.writes for one in made)


def test_smoke_profile_plays_nothing():
    assert planned("2.3.10", "smoke") == []


def test_deployment_is_only_read_from_without_permission():
    assert not [one for one in planned("2.3.10", reference=False) if one.writes and not one.skipped]


def test_scenarios_that_count_workers_by_tags_need_a_single_node():
    counting = [scenario for scenario in scenarios("2.3.10") if "tags" in needs_one_node(scenario)]
    assert len(counting) == 3
    assert all(sets_tags(scenario) for scenario in counting)


def test_scenarios_that_only_the_master_answers_so_need_a_single_node():
    """They request a savepoint for jobs that can't have one."""
    needing = {scenario.full_name for scenario in scenarios("2.3.13") if "master" in needs_one_node(scenario)}
    assert needing == {"stop-job/finished-job", "stop-job/unknown-id", "stop-job/savepoint-batch"}


@pytest.mark.parametrize(
    ("recording", "to", "steps"),
    [
        ("2.3.13", Address("http://h:1"), set()),
        ("2.3.13", Address("http://h:1", Connection(user="admin")), {"basic", "bearer"}),
        ("2.3.13", Address("http://h:1/st"), {"dot-dot-out", "absolute-form", "star", "options-star"}),
        ("2.3.13+context-path", Address("http://h:1/seatunnel"), set()),
    ],
)
def test_steps_are_left_out_on_a_target_that_is_set_up_otherwise(recording: str, to: Address, steps: set[str]):
    """With a context path or basic auth, engines answer them with 404 or 401."""
    both = ((scenario, step) for scenario in bundled(recording) for step in scenario.steps)
    assert {step.id for scenario, step in both if other_set_up(scenario, step, to)} == steps


def test_pause_of_a_scenario_ends_with_the_time_of_the_run(contract: Contract):
    target = Target("http://localhost:9", limits=RequestLimits(run=0.1))
    wire, begun = TargetSender(target, Jobs(target, contract)), time.monotonic()
    wire.pause(60)
    wire.pause(60)
    assert time.monotonic() - begun < 30
