"""A clause's id is for good: reports of years are compared by it."""

from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_conformance.ledger.identifiers import unregistered, vanished
from seatunnel_openapi import Contract, RetiredClause, load, proposals, releases

REGISTER = Path(__file__).parents[3] / "openapi" / "clause-ids.txt"


@pytest.fixture
def registered() -> list[str]:
    return REGISTER.read_text(encoding="utf-8").split()


@pytest.fixture
def contracts() -> list[Contract]:
    return [load(release) for release in (*releases(), *proposals())]


def renamed(contracts: list[Contract], old: str, new: str) -> list[Contract]:
    """Return the contracts with another id in the place of one."""
    return [
        replace(one, clauses=tuple(replace(it, id=new) if it.id == old else it for it in one.clauses))
        for one in contracts
    ]


def test_every_clause_is_registered(registered: list[str], contracts: list[Contract]):
    assert unregistered(registered, contracts) == [], f"a new id is added to {REGISTER.name}, for good"


def test_every_registered_id_is_a_clause_or_retired(registered: list[str], contracts: list[Contract]):
    assert vanished(registered, contracts) == [], "an id that goes is told in x-retired-clauses"


def test_register_is_sorted_and_names_each_id_once(registered: list[str]):
    assert registered == sorted(set(registered))


def test_changed_id_is_noticed_on_both_sides(registered: list[str], contracts: list[Contract]):
    changed = renamed(contracts, "job-info.edges", "job-info.arrows")
    assert unregistered(registered, changed) == ["job-info.arrows"]
    assert vanished(registered, changed) == ["job-info.edges"]


def test_retired_id_has_not_vanished(registered: list[str], contracts: list[Contract]):
    retired = RetiredClause("job-info.edges", "2027-01-31", "The engine has no edges any more.", None)
    changed = [replace(one, retired=(retired,)) for one in renamed(contracts, "job-info.edges", "job-info.arrows")]
    assert vanished(registered, changed) == []


def test_clause_that_only_later_releases_have_is_registered_too(registered: list[str], contracts: list[Contract]):
    documented = {clause.id for clause in contracts[0].clauses}
    assert set(registered) > documented
