"""Faults that are generated from the contract: their ids, their effects, and whether checks find them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import GENERATED, Expected, Fault, fault_named
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.generated import equivalent, values
from seatunnel_conformance.faults.plan import generated_faults, sampled
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import FaultResult, FaultStatus
from seatunnel_conformance.faults.trial import FaultTrial
from seatunnel_conformance.observe.schemas import is_valid
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.kinds import every_check
from seatunnel_openapi import Contract, load, releases

Make = Callable[..., ProxiedExchange]

OVERVIEW = {
    "projectVersion": "2.3.9",
    "gitCommitAbbrev": "abc",
    **dict.fromkeys(("totalSlot", "unassignedSlot", "works", "runningJobs", "finishedJobs", "failedJobs"), "0"),
    "cancelledJobs": "0",
}


@cache
def kinds_of(release: str) -> Mapping[str, Sequence[Fault]]:
    return generated_faults(load(release))


@cache
def every(release: str) -> dict[str, Fault]:
    return {one.id: one for faults in kinds_of(release).values() for one in faults}


def fault(fault_id: str) -> Fault:
    return every("documented")[fault_id]


@pytest.mark.parametrize("release", releases())
def test_every_fault_has_an_id_and_clauses(release: str):
    kinds, known = kinds_of(release), {clause.id for clause in load(release).clauses}
    faults = [one for found in kinds.values() for one in found]
    assert len({one.id for one in faults}) == len(faults) > 700
    assert [one.id for one in faults if not known.intersection(one.breaks)] == []
    assert [one.id for one in faults if not re.fullmatch(rf"{one.kind}:\w+:.+", one.id)] == []
    assert kinds.keys() == set(GENERATED)  # a fault of another kind raises `KeyError`
    assert all(kinds.values())


def test_faults_come_in_the_same_order_each_time(documented: Contract):
    assert list(every("documented")) == [one.id for faults in generated_faults(documented).values() for one in faults]


def test_every_reason_is_for_a_fault():
    contracts = [load(release) for release in releases()]
    explained = [
        equivalent.explained(one, contract) for contract in contracts for one in every(contract.release).values()
    ]
    said = {one.sentence.rpartition(": ")[2] for one in explained if one.expected is Expected.IGNORED}
    assert {f"{reason}." for reason in equivalent.REASONS.values()} <= said


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_mutations_of_examples_are_refused_by_the_schema(release: str):
    contract = load(release)
    tried = 0
    for operation in contract.operations:
        for status, schema, path, name, edit in values.breaking_edits(contract, operation):
            prefix = f"{operation.id} response {status} application/json"
            for example in (one.value for one in operation.examples() if one.where.startswith(prefix)):
                found = values.edit_at(contract, path, edit)(example)
                if found != example:
                    tried += 1
                    assert not is_valid(contract, schema, found), (operation.id, status, path, name)
    assert tried > 200


JOB = {"jobId": "1", "jobStatus": "RUNNING"}
EFFECTS = [
    ("schema:get_overview:200:works:is-another-kind", "/overview", [OVERVIEW], [{**OVERVIEW, "works": 1}]),
    ("schema:get_overview:200:works:breaks-its-pattern", "/overview", [OVERVIEW], [{**OVERVIEW, "works": " 0 ?"}]),
    ("schema:get_overview:200:works:is-null", "/overview", [OVERVIEW], [{**OVERVIEW, "works": None}]),
    ("schema:get_overview:200:whole:has-more", "/overview", [OVERVIEW], [{**OVERVIEW, "unheardOf": "x"}]),
    ("schema:get_overview:200:whole:is-null", "/overview", [OVERVIEW], [None]),
    ("schema:get_overview:200:works:is-null", "/log", [OVERVIEW], [OVERVIEW]),
    ("value:get_overview:runningJobs:is-another", "/overview", [{"runningJobs": "3"}], [{"runningJobs": "4"}]),
    (
        "value:get_finished_jobs:[]:jobName-is-another-jobs",
        "/finished-jobs",
        [[{"jobId": "1", "jobName": "one"}, {"jobId": "2", "jobName": "two"}]],
        [[{"jobId": "1", "jobName": "one"}, {"jobId": "2", "jobName": "one"}]],
    ),
    ("list:get_finished_jobs:whole:is-reversed", "/finished-jobs", [[1, 2]], [[2, 1]]),
    ("list:get_finished_jobs:whole:is-doubled", "/finished-jobs", [[1, 2]], [[1, 1, 2, 2]]),
    ("list:get_finished_jobs:whole:lacks-its-first-item", "/finished-jobs", [[1, 2]], [[2]]),
    ("list:get_finished_jobs:whole:lacks-its-last-item", "/finished-jobs", [[1, 2]], [[1]]),
    ("list:get_finished_jobs:whole:is-stale", "/finished-jobs", [[], [1]], [[], []]),
    (
        "state:get_job_info:whole:counters-fall",
        "/job-info/1",
        [{**JOB, "metrics": {"sinkWriteCount": "5"}}] * 2,
        [{**JOB, "metrics": {"sinkWriteCount": count}} for count in "54"],
    ),
    ("whole:get_overview:repeated", "/overview", list(range(5)), [0, 0, 2, 2, 4]),
]
"""Faults with a path, the documents that a server sends there, and those that clients get."""


@pytest.mark.parametrize(("fault_id", "path", "sent", "expected"), EFFECTS)
def test_fault_changes_documents(
    answered: Make, fault_id: str, path: str, sent: Sequence[Any], expected: Sequence[Any]
):
    effect = fault(fault_id).make()
    assert [effect.on_response(answered(path, document)).document for document in sent] == expected


def test_other_statuses_are_left_alone(answered: Make):
    exchange = answered("/overview", OVERVIEW, status=500)
    assert fault("schema:get_overview:200:works:is-null").make().on_response(exchange) is exchange


def test_status_becomes_one_that_the_operation_does_not_have(documented: Contract, answered: Make):
    found = fault("schema:get_overview:200:whole:status").make().on_response(answered("/overview", OVERVIEW))
    assert str(found.status) not in documented.operation("get_overview").responses


def test_swapped_answer_is_that_of_another_operation(answered: Make):
    effect = fault("whole:get_overview:swapped").make()
    effect.on_response(answered("/running-jobs", ["other"]))
    assert effect.on_response(answered("/overview", OVERVIEW)).document == ["other"]


def test_list_that_may_also_be_a_page_is_changed(answered: Make):
    paged = load("2.3.13")
    effect = every("2.3.13")["list:get_finished_jobs::FinishedJobs:is-doubled"].make()
    listed = next(one.value for one in paged.operation("get_finished_jobs").examples() if isinstance(one.value, list))
    found = effect.on_response(replace(answered("/finished-jobs", listed), contract=paged)).document
    assert len(found) == 2 * len(listed) > 0


def test_method_is_accepted_on_one_path_only(asked: Make):
    effect = fault("method:get_job_info:DELETE:is-accepted").make()
    assert effect.on_request(asked("/job-info/7", "DELETE")).status == 200
    for other in (asked("/job-info/7"), asked("/overview", "DELETE")):
        assert effect.on_request(other) is other


def test_connection_is_ended_by_a_response(answered: Make):
    effect = fault("connection:get_overview:response:ends-the-connection").make()
    assert effect.on_response(answered("/overview", {})).received.ends_connection


def test_stop_is_accepted_without_being_forwarded(asked: Make):
    effect = fault("state:stop_job:request:has-no-effect").make()
    assert effect.on_request(asked("/stop-job", "POST", b'{"jobId": 7}')).document == {"jobId": "7"}


def test_same_seed_draws_the_same_faults(documented: Contract):
    first, again, other = ([one.id for one in sampled(documented, seed, 30)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert sampled(documented, 1, 0) == []


def test_draw_goes_through_the_operations_in_turns(documented: Contract):
    drawn = [one.id.split(":") for one in sampled(documented, 1, len(documented.operations))]
    schema = {operation for kind, operation, *_ in drawn if kind == "schema"}
    assert schema == {operation.id for operation in documented.operations}


@pytest.mark.slow
def test_sample_is_found_for_the_right_reason(reference: str, documented: Contract):
    sample = [found for found in sampled(documented, 2, 2) if found.expected is Expected.DETECTED]
    settings = Settings(url=reference, release="documented", reference=True)
    passed = {check.id: Verdict.PASS for check in every_check(settings, documented)}

    def tried(found: Fault) -> FaultResult:
        # Jobs of a busy machine can be late. What they leave undecided is tried with more time for them.
        for wait in (5.0, 20.0, 60.0):
            result = FaultTrial([proxy], documented, replace(settings, wait=wait), passed).run(found)
            if result.fate is not FaultStatus.UNDECIDED:
                break
        return result

    with Proxy(reference, documented) as proxy:
        results = [tried(found) for found in sample]
    missed = [result for result in results if result.fate not in {FaultStatus.KILLED, FaultStatus.IDLE}]
    assert [(result.fault, result.fate, result.note) for result in missed] == []
    assert len(results) > len(GENERATED)


WEAK = {
    "method:get_running_jobs:PUT:is-accepted": "http.unsupported-write",
    "method:stop_job:HEAD:is-accepted": "http.unsupported-method",
    "method:stop_job:HEAD:allows-another-method": "http.unsupported-method",
    "method:get_job_info:OPTIONS:has-no-allow": "http.options",
    "method:get_running_job:HEAD:has-a-body": "http.head",
    "connection:get_overview:response:is-followed-by-a-closed-connection": "http.keep-alive",
    "connection:stop_job:response:is-shorter-than-its-length": "http.whole-body",
    "connection:update_tags:response:has-two-content-types": "http.whole-body",
    "list:get_running_jobs:[]/jobDag/vertexInfoMap:is-reversed": "GET /running-jobs, with jobs",
    "list:get_finished_jobs_by_state:whole:is-stale": "GET /finished-jobs/{state}, with jobs",
    "list:list_logs:whole:is-stale": "GET /logs, with jobs",
    "list:list_logs:whole:lacks-its-last-item": "logs.json-list",
    "value:get_finished_jobs:[]:createTime-is-another-jobs": "GET /finished-jobs, with jobs",
    "schema:get_finished_jobs_by_state:400:whole:is-null": "http.error-shape",
    "state:get_running_jobs:[]:counters-fall": "GET /running-jobs, with jobs",
    "state:get_job_info:whole:stays-as-first-shown": "GET /job-info/{jobId}, with jobs",
}
"""Faults that no check found under the name of the broken operation, with the check that finds them."""


@pytest.mark.slow
@pytest.mark.parametrize(("fault_id", "check_id"), WEAK.items())
def test_check_of_the_broken_operation_fails(
    fault_id: str, check_id: str, broken: Callable[..., str], judge: Callable[..., Outcome]
):
    outcome = judge(check_id, broken(fault(fault_id).make()))
    assert outcome.verdict is Verdict.FAIL, outcome.reason


@pytest.mark.slow
def test_connection_that_a_network_breaks_is_no_finding(broken: Callable[..., str], judge: Callable[..., Outcome]):
    outcome = judge("http.whole-body", broken(fault_named("overview-resets-the-connection").make()))
    assert outcome.verdict is Verdict.INCONCLUSIVE, outcome.reason
