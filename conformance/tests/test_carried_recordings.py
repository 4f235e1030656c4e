"""The recordings in the package, and the releases that each fits."""

import pytest

from seatunnel_conformance.replay import BrokenRecording, bundled, recorded_releases, scenarios_for
from seatunnel_openapi import releases


def test_every_carried_recording_is_of_a_release_that_the_contract_knows() -> None:
    assert len(recorded_releases()) >= 3
    assert set(recorded_releases()) <= set(releases())


def test_recording_that_is_not_carried_is_refused_with_those_that_are() -> None:
    with pytest.raises(BrokenRecording, match=r"'9\.9': .*docs-2024-10"):
        bundled("9.9")


def test_special_set_up_of_an_engine_is_carried_under_its_own_name() -> None:
    assert [scenario.area for scenario in bundled("2.3.10+static-slots")] == ["static-slots"]


def test_recordings_of_two_nodes_ask_both() -> None:
    for release in ("2.3.9", "2.3.13"):
        steps = [step.step for scenario in bundled(f"{release}+two-nodes") for step in scenario.steps]
        assert {step.get("node", 1) for step in steps} == {1, 2}
        assert bundled(f"{release}+two-nodes").nodes == 2
        failover = bundled(f"{release}+three-nodes")
        assert (failover.nodes, failover.stops_master) == (3, True)
    assert bundled("2.3.13").nodes == 1


@pytest.mark.parametrize(
    ("release", "recorded"),
    [
        ("docs-2024-10", "docs-2024-10"),
        ("2.3.9", "2.3.9"),
        ("3.0.0", "development-2026-08-29"),
        ("99.1", "development-2026-08-29"),
        ("documented", "docs-2024-10"),
    ],
)
def test_release_is_recorded_with_the_requests_of_the_latest_before_it(release: str, recorded: str) -> None:
    assert scenarios_for(release) == bundled(recorded)
