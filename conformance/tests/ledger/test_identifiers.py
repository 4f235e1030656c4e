"""A clause's id is for good: reports of years are compared by it."""

from pathlib import Path

from seatunnel_openapi import load, proposals, releases

REGISTER = Path(__file__).parents[3] / "openapi" / "clause-ids.txt"
REGISTERED = REGISTER.read_text(encoding="utf-8").split()
CONTRACTS = [load(release) for release in (*releases(), *proposals())]
CURRENT = {clause.id for contract in CONTRACTS for clause in (*contract.clauses, *contract.client_clauses)}


def test_every_clause_is_registered():
    assert CURRENT - set(REGISTERED) == set(), f"a new id is added to {REGISTER.name}, for good"


def test_every_registered_id_is_a_clause_or_retired():
    retired = {clause.id for contract in CONTRACTS for clause in contract.retired}
    assert set(REGISTERED) - CURRENT - retired == set(), "an id that goes is told in x-retired-clauses"


def test_register_is_sorted_and_names_each_id_once():
    assert sorted(set(REGISTERED)) == REGISTERED
