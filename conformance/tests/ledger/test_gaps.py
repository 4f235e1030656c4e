"""Every MUST clause of every release has a check, and a fault that proves that the check can fail."""

import pytest

from seatunnel_conformance.ledger.entries import ledger_of
from seatunnel_conformance.ledger.views import unobserved
from seatunnel_openapi import releases
from seatunnel_openapi.contract import Level


@pytest.mark.parametrize("release", releases())
def test_must_clause_of_any_release_has_a_check_and_a_fault(release: str):
    must = [entry for entry in ledger_of(release).entries if entry.clause.level is Level.MUST]
    assert must
    assert [entry.clause.id for entry in must if not entry.checks or not entry.faults] == []


def test_clause_without_a_check_has_a_reason_and_no_other_has_one():
    entries = [entry for release in releases() for entry in ledger_of(release).entries]
    bare = {entry.clause.id for entry in entries if not entry.checks and not entry.histories}
    assert (set(unobserved()) - bare, bare - set(unobserved())) == (set(), set())
