"""The faults of the catalogue name clauses of the contract, and every fault can change an exchange."""

from collections.abc import Iterable

import pytest

from seatunnel_conformance.faults.catalogue import DEPLOYMENTS, PLAIN, Expected, Fault, all_faults
from seatunnel_conformance.faults.changes import Edit, at, drop, each, keep, put, values
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_openapi import load, proposals, releases

FAULTS = all_faults()


def test_every_broken_clause_is_in_a_contract():
    known = {clause.id for release in (*releases(), *proposals()) for clause in load(release).clauses}
    assert {clause_id for one in FAULTS for clause_id in one.breaks} <= known


def test_fault_of_the_catalogue_has_its_own_id_which_is_none_of_a_generated_fault():
    ids = [one.id for one in FAULTS]
    assert len(set(ids)) == len(ids)
    assert [one for one in ids if ":" in one] == []


@pytest.mark.parametrize("edit", [put(a=1), drop("a"), at("a", len), each(len), keep(len), values(len)])
@pytest.mark.parametrize("value", [None, 1, "text"])
def test_edit_leaves_a_value_of_another_kind_as_it_is(edit: Edit, value: object):
    assert edit(value) == value


@pytest.mark.parametrize("release", releases())
def test_every_must_clause_has_a_fault_that_a_check_has_to_notice(release: str):
    broken = {clause_id for one in FAULTS if one.expected is Expected.DETECTED for clause_id in one.breaks}
    assert [clause.id for clause in load(release).clauses if clause.level == "MUST" and clause.id not in broken] == []


@pytest.mark.parametrize("one", FAULTS, ids=lambda one: one.id)
def test_fault_says_in_a_sentence_of_its_own_what_it_does(one: Fault):
    assert one.sentence[0].isupper()
    assert one.sentence.endswith(".")
    assert [other.id for other in FAULTS if other.sentence == one.sentence] == [one.id]


def test_faults_that_break_a_clause_are_to_be_killed_and_no_others():
    assert [one.id for one in FAULTS if (one.expected is Expected.DETECTED) != bool(one.breaks)] == []


@pytest.mark.parametrize("release", releases())
def test_harmless_changes_break_recommendations_at_most(release: str):
    broken = {clause_id: one for one in FAULTS for clause_id in one.may_break}
    assert {clause.level for clause in load(release).clauses if clause.id in broken} == {"SHOULD"}
    assert all(one.is_harmless for one in broken.values())


def test_every_fault_is_tried_on_a_deployment_that_there_is():
    assert {one.deployment for one in FAULTS} <= DEPLOYMENTS.keys()


DOCUMENTED = {clause.id for clause in load().clauses}
HERE = [one for one in FAULTS if not one.breaks or DOCUMENTED.intersection(one.breaks)]
"""Faults that break a clause of the documented contract, and harmless ones. Others have tests for their releases."""


@pytest.mark.slow
@pytest.mark.parametrize("one", HERE, ids=lambda one: one.id)
def test_fault_changes_an_exchange_of_a_session(
    one: Fault, whole_session: list[ProxiedExchange], special_session: list[ProxiedExchange]
):
    recorded = whole_session if one.deployment == PLAIN else special_session
    assert acts(one, recorded), "nothing that the suite does gives this fault anything to act on"


def acts(one: Fault, recorded: Iterable[ProxiedExchange]) -> bool:
    """Return whether a fault changes any of these exchanges, which were recorded without it."""
    effect = one.make()
    for exchange in recorded:
        asked = effect.on_request(
            ProxiedExchange(exchange.contract, exchange.request, context_path=exchange.context_path)
        )
        if asked.response is not None or asked.request is not exchange.request:
            return True
        found = effect.on_response(exchange)
        if found.delivery or found.received.as_bytes() != exchange.received.as_bytes():
            return True
    return False
