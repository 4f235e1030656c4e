"""Generated faults of values, lists, methods, connections and states, and whether checks find them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults import documents as doc
from seatunnel_conformance.faults.catalogue import GENERATED, Expected, Fault, effect_of, fault_named
from seatunnel_conformance.faults.changes import at, both, each, listed, put, vertices
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.faults.generated import equivalent, lists, values
from seatunnel_conformance.faults.plan import GENERATORS, sampled
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import FaultResult, FaultStatus
from seatunnel_conformance.faults.trial import FaultTrial
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.selection import every_check
from seatunnel_openapi import Contract, load, releases

KINDS = {module.KIND: module for module in GENERATORS}


def fault(contract: Contract, fault_id: str) -> Fault:
    return next(found for found in KINDS[fault_id.partition(":")[0]].faults(contract) if found.id == fault_id)


@pytest.mark.parametrize("release", releases())
def test_every_fault_has_an_id_and_clauses(release: str):
    contract = load(release)
    known = {clause.id for clause in contract.clauses}
    faults = [found for module in KINDS.values() for found in module.faults(contract)]
    assert len({found.id for found in faults}) == len(faults) > 700
    assert [found.id for found in faults if not known.intersection(found.breaks)] == []


def test_kinds_are_known_as_generated():
    assert tuple(KINDS) == GENERATED


def test_every_reason_is_for_a_fault():
    contracts = [load(release) for release in releases()]
    explained = {
        equivalent.explained(found, contract).sentence.rpartition(": ")[2]
        for contract in contracts
        for module in (values, lists)
        for found in module.faults(contract)
        if equivalent.explained(found, contract).expected is Expected.IGNORED
    }
    assert {f"{reason}." for reason in equivalent.REASONS.values()} <= explained


def test_value_is_another_one_of_its_kind(documented: Contract, answered: Callable[..., ProxiedExchange]):
    effect = fault(documented, "value:get_overview:runningJobs:is-another").make()
    assert effect.on_response(answered("/overview", {"runningJobs": "3"})).document == {"runningJobs": "4"}


def test_value_is_that_of_another_job(documented: Contract, answered: Callable[..., ProxiedExchange]):
    effect = fault(documented, "value:get_finished_jobs:[]:jobName-is-another-jobs").make()
    listed = [{"jobId": "1", "jobName": "one"}, {"jobId": "2", "jobName": "two"}]
    assert effect.on_response(answered("/finished-jobs", listed)).document == [
        {"jobId": "1", "jobName": "one"},
        {"jobId": "2", "jobName": "one"},
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("is-reversed", [2, 1]),
        ("is-doubled", [1, 1, 2, 2]),
        ("lacks-its-first-item", [2]),
        ("lacks-its-last-item", [1]),
    ],
)
def test_list_is_changed(
    documented: Contract, answered: Callable[..., ProxiedExchange], change: str, expected: list[int]
):
    effect = fault(documented, f"list:get_finished_jobs:whole:{change}").make()
    assert effect.on_response(answered("/finished-jobs", [1, 2])).document == expected


def test_list_that_may_also_be_a_page_is_changed(answered: Callable[..., ProxiedExchange]):
    paged = load("2.3.13")
    effect = fault(paged, "list:get_finished_jobs::FinishedJobs:is-doubled").make()
    listed = next(one.value for one in paged.operation("get_finished_jobs").examples() if isinstance(one.value, list))
    found = effect.on_response(replace(answered("/finished-jobs", listed), contract=paged)).document
    assert len(found) == 2 * len(listed) > 0


def test_stale_list_is_the_first_one(documented: Contract, answered: Callable[..., ProxiedExchange]):
    effect = fault(documented, "list:get_finished_jobs:whole:is-stale").make()
    assert [effect.on_response(answered("/finished-jobs", found)).document for found in ([], [1])] == [[], []]


def test_method_is_accepted_on_one_path_only(documented: Contract, asked: Callable[..., ProxiedExchange]):
    effect = fault(documented, "method:get_job_info:DELETE:is-accepted").make()
    assert effect.on_request(asked("/job-info/7", "DELETE")).status == 200
    for other in (asked("/job-info/7"), asked("/overview", "DELETE")):
        assert effect.on_request(other) is other


def test_connection_is_ended_by_a_response(documented: Contract, answered: Callable[..., ProxiedExchange]):
    effect = fault(documented, "connection:get_overview:response:ends-the-connection").make()
    assert effect.on_response(answered("/overview", {})).received.ends_connection


def test_counters_fall(documented: Contract, answered: Callable[..., ProxiedExchange]):
    effect = fault(documented, "state:get_job_info:whole:counters-fall").make()
    job = {"jobId": "1", "jobStatus": "RUNNING", "metrics": {"sinkWriteCount": "5"}}
    seen = [effect.on_response(answered("/job-info/1", job)).document["metrics"]["sinkWriteCount"] for _ in range(2)]
    assert seen == ["5", "4"]


def test_stop_is_accepted_without_being_forwarded(documented: Contract, asked: Callable[..., ProxiedExchange]):
    effect = fault(documented, "state:stop_job:request:has-no-effect").make()
    assert effect.on_request(asked("/stop-job", "POST", b'{"jobId": 7}')).document == {"jobId": "7"}


@pytest.mark.slow
def test_sample_is_found_for_the_right_reason(reference: str, documented: Contract):
    sample = [
        found for found in sampled(documented, 2, 3) if found.kind in KINDS and found.expected is Expected.DETECTED
    ]
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
    assert len(results) > len(KINDS)


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
    "state:get_running_jobs:[]:counters-fall": "GET /running-jobs, with jobs",
    "state:get_job_info:whole:stays-as-first-shown": "GET /job-info/{jobId}, with jobs",
}
"""Faults that no check found under the name of the broken operation, with the check that finds them."""


@pytest.mark.slow
@pytest.mark.parametrize(("fault_id", "check_id"), WEAK.items())
def test_check_of_the_broken_operation_fails(
    fault_id: str, check_id: str, documented: Contract, broken: Callable[..., str], judge: Callable[..., Outcome]
):
    outcome = judge(check_id, broken(fault(documented, fault_id).make()))
    assert outcome.verdict is Verdict.FAIL, outcome.reason


LISTS_OF_ENDED_JOBS_ARE_WRONG = effect_of(
    both(
        listed(vertices(each(put(tablePaths=[])))),
        listed(at("jobName", lambda name: name.encode("ascii", "replace").decode())),
    ),
    *doc.FINISHED,
)
"""Both lists of ended jobs have no tables in plans, and question marks in names."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check_id", "verdict"),
    [("GET /finished-jobs, with jobs", Verdict.FAIL), ("GET /job-info/{jobId}, with jobs", Verdict.PASS)],
)
def test_two_lists_that_are_wrong_alike_accuse_no_other_operation(
    check_id: str, verdict: Verdict, broken: Callable[..., str], judge: Callable[..., Outcome]
):
    outcome = judge(check_id, broken(LISTS_OF_ENDED_JOBS_ARE_WRONG()))
    assert outcome.verdict is verdict, outcome.reason


def test_connection_that_a_network_breaks_is_no_finding(broken: Callable[..., str], judge: Callable[..., Outcome]):
    outcome = judge("http.whole-body", broken(fault_named("overview-resets-the-connection").make()))
    assert outcome.verdict is Verdict.INCONCLUSIVE, outcome.reason
