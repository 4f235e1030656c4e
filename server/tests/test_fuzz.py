import pytest
from bench.fuzz import RELEASE, Traffic, fuzz

from seatunnel_openapi import load

pytestmark = pytest.mark.slow


def test_hostile_requests_are_all_answered_as_the_contract_states_and_the_same_for_a_seed():
    contract = load(RELEASE)
    one, again = Traffic(contract, 3), Traffic(contract, 3)
    assert [one.case() for _ in range(200)] == [again.case() for _ in range(200)]
    seen = fuzz(contract, seconds=2, seed=3)
    assert seen.wrong == []
    assert {200, 400, 404} <= set(seen.statuses)
    assert seen.memory[1] < seen.memory[0] + 200 * 2**20
    assert seen.block[0] > 0
