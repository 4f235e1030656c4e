"""Requirement sets: the set of a released version stays, and later checks change no verdict with it."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from makers import Make, Write

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.junit import as_junit
from seatunnel_conformance.report.outcomes import RunExit, Verdict
from seatunnel_conformance.run import scoring
from seatunnel_conformance.run.scoring import Requirements, UnknownRequirements, requirements_for
from seatunnel_openapi import Contract, load

ROOT = Path(__file__).parents[2]
SETS = Path(scoring.__file__).parent / "requirements"
FROZEN: dict[str, str] = {}
"""The SHA-256 of the set of each released version. A release adds a line; a line never changes."""


def problems(changelog: str, sets: Mapping[str, bytes], frozen: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the sets of released versions, which are those with a heading in the changelog."""
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    digests = {version: sha256(text).hexdigest() for version, text in sets.items()}
    missing = [f"{version}: no set, or no line in FROZEN" for version in released if version not in digests | frozen]
    unfrozen = [f"{version}: no line in FROZEN" for version in released if version in digests and version not in frozen]
    return missing + unfrozen + [f"{version}: changed" for version in frozen if digests.get(version) != frozen[version]]


def test_sets_of_released_versions_have_not_changed() -> None:
    sets = {file.stem: file.read_bytes() for file in SETS.glob("*.yaml")}
    assert problems((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), sets, FROZEN) == []


def test_changed_missing_and_unregistered_sets_are_found() -> None:
    changelog, of_a = (
        "## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n\n## [0.1.0] - 2026-12-01\n",
        sha256(b"a").hexdigest(),
    )
    assert problems(changelog, {"0.1.0": b"a", "0.2.0": b"a"}, {"0.1.0": of_a, "0.2.0": of_a}) == []
    assert problems(changelog, {"0.1.0": b"b", "0.2.0": b"a"}, {"0.1.0": of_a}) == [
        "0.2.0: no line in FROZEN",
        "0.1.0: changed",
    ]
    assert problems(changelog, {"0.1.0": b"a"}, {"0.1.0": of_a}) == ["0.2.0: no set, or no line in FROZEN"]


def test_set_of_a_release_has_the_checks_of_earlier_releases_too() -> None:
    found = requirements_for(Settings(url="http://localhost", requirements="0.1.0"), load("2.3.9"))
    assert {"overview.members", "GET /overview", "GET /metrics", "life-cycle.restart, random histories"} <= found.checks
    assert "GET /pending-jobs" not in found.checks, "it is new in 2.3.13"


def test_unknown_version_is_an_error_that_names_the_known_ones(contract: Contract) -> None:
    with pytest.raises(UnknownRequirements, match=r"no requirements of suite 9\.9\.9, only of .*0\.1\.0"):
        requirements_for(Settings(url="http://localhost", requirements="9.9.9"), contract)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.FAIL, "suite 0.1.0 had no such check; it fails: boom"),
        (Verdict.INCONCLUSIVE, "suite 0.1.0 had no such check; it is inconclusive: boom"),
        (Verdict.PASS, "suite 0.1.0 had no such check; it passes"),
    ],
)
def test_later_check_is_not_scored_and_says_its_result(outcome: Make, verdict: Verdict, reason: str) -> None:
    scored = Requirements("0.1.0", frozenset({"a.old"}))
    found = scored.apply(outcome("a.new", verdict.value, reason="boom"))
    assert (found.verdict, found.reason) == (Verdict.NOT_SCORED, reason)
    old = outcome("a.old", verdict.value, reason="boom")
    assert scored.apply(old) is old
    assert Requirements().apply(found) is found


def test_recorded_scenarios_and_skipped_checks_stay_as_they_are(outcome: Make) -> None:
    scored = Requirements("0.1.0")
    for one in (outcome("a.new", "skipped", reason="x"), outcome("GET /overview, recorded as overview/plain", "pass")):
        assert scored.apply(one) is one


def test_checks_that_are_not_scored_change_no_exit_status_and_are_shown(stream: Write, outcome: Make, failed: Make):
    later = Requirements("0.1.0", frozenset({"a.b"})).apply(failed(check_id="a.later"))
    report = Report.read(stream(outcome("a.b"), later))
    assert (report.footer.exit, report.footer.counts["not scored"]) == (RunExit.CONFORMS, 1)
    assert ">Not scored</h2>" in as_html(report)
    assert 'message="not scored: suite 0.1.0 had no such check; it fails' in as_junit(report)
