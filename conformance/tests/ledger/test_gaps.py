"""Every MUST clause of every release has a check, and a fault that proves that the check can fail."""

from dataclasses import replace

import pytest

from seatunnel_conformance.checks.registry import all_checks
from seatunnel_conformance.faults.catalogue import all_faults, unknown_clauses
from seatunnel_conformance.ledger.entries import derived, ledger_of
from seatunnel_conformance.ledger.gaps import gaps, unobserved
from seatunnel_openapi import Contract, load, releases
from seatunnel_openapi.clauses import Level


def test_must_clause_of_any_release_has_a_check_and_a_fault():
    assert gaps(map(ledger_of, releases())) == {}


def test_documented_contract_has_no_gaps():
    assert gaps([ledger_of("documented")]) == {}


def test_clause_without_its_check_is_a_gap(contract: Contract):
    checks = [check for check in all_checks() if check.clause_id != "job-info.edges"]
    assert gaps([derived(contract, checks, all_faults())]) == {"job-info.edges": {"check"}}


def test_clause_without_a_fault_is_a_gap(contract: Contract):
    faults = [fault for fault in all_faults() if "job-info.edges" not in fault.breaks]
    assert gaps([derived(contract, all_checks(), faults)]) == {"job-info.edges": {"fault"}}


def test_must_clause_that_only_one_release_has_is_a_gap_too(contract: Contract):
    extra = replace(contract.clause("job-info.edges"), id="job-info.colours")
    later = replace(contract, release="later", clauses=(*contract.clauses, extra))
    both = [derived(one, all_checks(), all_faults()) for one in (contract, later)]
    assert gaps(both) == {"job-info.colours": {"check", "fault"}}


def test_levels_are_asked_one_by_one(contract: Contract):
    bare = derived(contract, (), ())
    assert {level: len(gaps([bare], level)) for level in Level} == {level: bare.count(level).clauses for level in Level}


@pytest.mark.parametrize("release", releases())
def test_fault_that_breaks_an_unknown_clause_of_a_release_is_told(release: str):
    stray = replace(all_faults()[0], id="stray", breaks=("job-info.no-such-clause",))
    assert list(unknown_clauses([stray], [load(release)])) == ["stray: job-info.no-such-clause"]


def test_clause_without_a_check_has_a_reason_and_no_other_has_one():
    entries = [entry for release in releases() for entry in ledger_of(release).entries]
    bare = {entry.clause.id for entry in entries if not entry.checks and not entry.histories}
    assert (set(unobserved()) - bare, bare - set(unobserved())) == (set(), set())
