"""Faults that nobody wrote: derived from the contract, drawn by a seed."""

from collections.abc import Callable
from typing import Any

import pytest

from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.generated import schemas, whole_responses
from seatunnel_conformance.faults.plan import sampled
from seatunnel_conformance.observe.schemas import is_valid
from seatunnel_openapi import Contract, load, releases
from seatunnel_openapi.contract import Operation

OVERVIEW = {
    "projectVersion": "2.3.9",
    "gitCommitAbbrev": "abc",
    **dict.fromkeys(("totalSlot", "unassignedSlot", "works", "runningJobs", "finishedJobs", "failedJobs"), "0"),
    "cancelledJobs": "0",
}


def examples(operation: Operation, status: str) -> list[Any]:
    """Return what the contract shows as JSON answers of an operation."""
    prefix = f"{operation.id} response {status} application/json"
    return [example.value for example in operation.examples() if example.where.startswith(prefix)]


def test_every_fault_has_an_id_of_its_own(documented: Contract):
    ids = [fault.id for kind in (schemas, whole_responses) for fault in kind.faults(documented)]
    assert len(set(ids)) == len(ids)
    assert len(ids) > 500


def test_faults_come_in_the_same_order_each_time(documented: Contract):
    first, second = ([fault.id for fault in schemas.faults(documented)] for _ in range(2))
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_mutations_of_examples_are_refused_by_the_schema(release: str):
    contract = load(release)
    tried = 0
    for operation in contract.operations:
        shown = {status: examples(operation, status) for status in operation.responses}
        for mutation in schemas.mutations(contract, operation):
            for example in shown[mutation.status]:
                found = schemas.changed(contract, example, mutation.path, mutation.broken)
                if found != example:
                    tried += 1
                    assert not is_valid(contract, mutation.schema, found), mutation.id
    assert tried > 200


@pytest.mark.parametrize(
    ("fault_id", "expected"),
    [
        ("schema:get_overview:200:works:is-another-kind", {**OVERVIEW, "works": 1}),
        ("schema:get_overview:200:works:breaks-its-pattern", {**OVERVIEW, "works": " 0 ?"}),
        ("schema:get_overview:200:works:is-null", {**OVERVIEW, "works": None}),
        ("schema:get_overview:200:whole:has-more", {**OVERVIEW, "unheardOf": "x"}),
        ("schema:get_overview:200:whole:is-null", None),
    ],
)
def test_one_thing_of_a_real_answer_is_broken(
    documented: Contract, answered: Callable[..., ProxiedExchange], fault_id: str, expected: Any
):
    fault = next(fault for fault in schemas.faults(documented) if fault.id == fault_id)
    assert fault.make().on_response(answered("/overview", OVERVIEW)).document == expected


def test_other_operations_and_statuses_are_left_alone(documented: Contract, answered: Callable[..., ProxiedExchange]):
    fault = next(fault for fault in schemas.faults(documented) if fault.id.startswith("schema:get_overview:200:works"))
    for exchange in (answered("/log", OVERVIEW), answered("/overview", OVERVIEW, status=500)):
        assert fault.make().on_response(exchange) is exchange


def test_status_becomes_one_that_the_operation_does_not_have(
    documented: Contract, answered: Callable[..., ProxiedExchange]
):
    fault = next(fault for fault in schemas.faults(documented) if fault.id == "schema:get_overview:200:whole:status")
    found = fault.make().on_response(answered("/overview", OVERVIEW))
    assert str(found.status) not in documented.operation("get_overview").responses


def test_same_seed_draws_the_same_faults(documented: Contract):
    first, again, other = ([fault.id for fault in sampled(documented, seed, 30)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_draw_goes_through_the_operations_in_turns(documented: Contract):
    number = len(documented.operations)
    schema = [fault for fault in sampled(documented, 1, number) if fault.kind == schemas.KIND]
    assert {fault.id.split(":")[1] for fault in schema} == {operation.id for operation in documented.operations}


def test_nothing_is_drawn_where_nothing_is_wanted(documented: Contract):
    assert sampled(documented, 1, 0) == []


def test_swapped_answer_is_that_of_another_operation(documented: Contract, answered: Callable[..., ProxiedExchange]):
    fault = next(fault for fault in whole_responses.faults(documented) if fault.id == "whole:get_overview:swapped")
    effect = fault.make()
    effect.on_response(answered("/running-jobs", ["other"]))
    assert effect.on_response(answered("/overview", OVERVIEW)).document == ["other"]


def test_repeated_answer_is_the_one_before(documented: Contract, answered: Callable[..., ProxiedExchange]):
    fault = next(fault for fault in whole_responses.faults(documented) if fault.id == "whole:get_overview:repeated")
    effect = fault.make()
    assert [effect.on_response(answered("/overview", number)).document for number in range(5)] == [0, 0, 2, 2, 4]
