"""The evidence of a change between two releases is that of the overlay action which makes it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from seatunnel_openapi import Overlay, load, overlays
from seatunnel_openapi.comparison import Change, Origin, Severity, between, diff, origin_of


@pytest.fixture(scope="session")
def chain(folder: Path) -> tuple[Overlay, ...]:
    return overlays(folder=folder)


def found(old: str, new: str, folder: Path, chain: tuple[Overlay, ...]) -> dict[Change, Origin]:
    changes = diff(load(old, folder=folder), load(new, folder=folder))
    return {change: origin_of(change, between(old, new, chain)) for change in changes}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "known", "text"),
    [
        ("behaviour-changed GET /running-jobs listOrder", "read since 2.3.13", "The list begins with the newest job."),
        ("behaviour-changed POST /encrypt-config nonTextValue", "recorded since 2.3.10", "server error"),
        ("response-required-property-added GET /overview 200 pendingJobs", "recorded since 2.3.13", "wait for slots"),
        ("behaviour-changed GET /running-job/{jobId} waitingJob", "recorded since 2.3.13", "like any other"),
        ("api-security-added GET /overview ", "read since 2.3.11", "requires a user name and a password"),
    ],
)
def test_change_is_known_from_the_action_that_names_it(change, known, text, folder, chain):
    old = "2.3.12" if "waitingJob" in change else "2.3.9"
    every = found(old, "2.3.13", folder, chain)
    origin = next(it for each, it in every.items() if f"{each.id} {each.operation} {each.place}" == change)
    assert f"{origin.evidence.how} since {origin.release}" == known
    assert text in origin.text


@pytest.mark.slow
def test_hardly_any_change_is_without_an_action(folder, chain):
    names = ["documented", *(overlay.name for overlay in chain)]
    every = [origin for pair in pairwise(names) for origin in found(*pair, folder, chain).values()]
    assert len(every) > 400
    assert sum(not origin.text for origin in every) <= 0.02 * len(every)


def test_way_back_has_the_same_releases_on_it(chain):
    there, back = between("2.3.9", "2.3.12", chain), between("2.3.12", "2.3.9", chain)
    assert [overlay.name for overlay in there] == ["2.3.10", "2.3.11", "2.3.12"]
    assert there == back
    assert between("documented", "docs-2024-10", chain) == chain[:1]


def test_change_that_no_action_names_has_the_evidence_of_the_release(chain):
    odd = Change("odd", Severity.ERROR, "", "200 nothing")
    origin = origin_of(odd, between("2.3.9", "2.3.12", chain))
    assert (origin.release, origin.text, origin.confidence) == ("2.3.12", "", "likely")
