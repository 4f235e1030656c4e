"""Our suite beside other judges: which faults they try, and what counts as found. Nothing here runs a judge."""

from collections import Counter

import pytest
from bench.judges.__main__ import differing
from bench.judges.groups import outside_fate, suite_fate
from bench.judges.runs import RETRIES, Run, blamed, failures, patient
from bench.judges.sample import sample, taken

from seatunnel_conformance.faults.catalogue import Expected, Fault, FaultEffect
from seatunnel_conformance.faults.results import CheckVerdict, FaultStatus
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_docs.comparison import JudgesStarted
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level

FAULT = Fault("x", "semantic", ("overview.members",), "X.", FaultEffect)
OVERVIEW, LOGS = ("GET /overview", "ST108"), ("GET /logs", "ST101")


def run(*complaints: tuple[str, str], counts_for: str = "", seen: tuple[CheckVerdict, ...] = ()) -> Run:
    return Run(1.0, {one: frozenset({counts_for or one[0]}) for one in complaints}, seen)


def test_sample_has_the_same_number_of_every_kind_and_only_what_every_judge_can_see(documented: Contract):
    found, every = sample(documented, 1, 2), sample(documented, 1, 1000)
    drawn, known = (Counter((fault.kind, fault.expected) for fault in some) for some in (found, every))
    assert drawn == {kind: min(2, number) for kind, number in known.items()}
    assert {"schema", "whole", "harmless", "semantic", "stateful"} <= {fault.kind for fault in found}
    assert {(fault.deployment, fault.expected) for fault in found} == {
        ("plain", Expected.DETECTED),
        ("plain", Expected.IGNORED),
    }


def test_smaller_sample_is_the_beginning_of_a_larger_one(documented: Contract):
    ids = [[fault.id for fault in sample(documented, 1, number)] for number in (1, 2, 3)]
    assert ids[2][: len(ids[1])] == ids[1]
    assert ids[1][: len(ids[0])] == ids[0]


def test_seed_decides_what_is_drawn():
    faults = [Fault(str(number), "k", (), "X.", FaultEffect) for number in range(50)]
    assert taken(faults, 1, 5) == taken(faults, 1, 5)
    assert taken(faults, 1, 5) != taken(faults, 2, 5)


@pytest.mark.parametrize(
    ("said", "altered", "expected"),
    [
        (run(OVERVIEW), 1, FaultStatus.KILLED),
        (run(LOGS), 1, FaultStatus.SURVIVED),
        (run(("GET /logs", "ST102")), 1, FaultStatus.KILLED_ELSEWHERE),
        (run(("GET /logs", "ST102"), counts_for="GET /overview"), 1, FaultStatus.KILLED),
        (run(("Stateful tests", "ST102")), 1, FaultStatus.KILLED),
        (run(), 0, FaultStatus.IDLE),
    ],
)
def test_outside_judge_finds_by_a_new_complaint_about_the_operation(
    documented: Contract, said: Run, altered: int, expected: FaultStatus
):
    assert outside_fate(FAULT, documented, said, frozenset({LOGS}), altered) is expected


@pytest.mark.parametrize(
    ("seen", "known", "expected"),
    [
        (CheckVerdict("overview.members", Verdict.FAIL), frozenset(), FaultStatus.KILLED),
        (
            CheckVerdict("overview.members", Verdict.FAIL),
            frozenset({("overview.members", "fail")}),
            FaultStatus.UNOBSERVABLE,
        ),
        (CheckVerdict("logs.list", Verdict.FAIL), frozenset(), FaultStatus.KILLED_ELSEWHERE),
        (CheckVerdict("overview.members", Verdict.INCONCLUSIVE), frozenset(), FaultStatus.UNDECIDED),
        (CheckVerdict("overview.members", Verdict.PASS), frozenset(), FaultStatus.SURVIVED),
    ],
)
def test_suite_finds_only_by_the_check_of_the_clause(
    documented: Contract, seen: CheckVerdict, known: frozenset[tuple[str, str]], expected: FaultStatus
):
    every = (seen,) if seen.check_id == "overview.members" else (seen, CheckVerdict("overview.members", Verdict.PASS))
    assert suite_fate(FAULT, documented, run(seen=every), known, 1) is expected


def test_sequence_of_requests_speaks_for_the_operation_that_it_blames():
    def outcome(name: str) -> Outcome:
        return Outcome(name, Verdict.FAIL, Level.MUST, "Text.", "GET /logs")

    assert blamed(outcome("POST /submit-job, linked requests")) == "GET /logs"
    assert blamed(outcome("logs.list")) == "logs.list"


def step(name: str, status: str) -> dict[str, object]:
    return {"stepId": name, "checks": [{"name": "schema check", "status": status}]}


def test_step_counts_for_all_operations_up_to_it_and_by_its_last_try():
    steps = {"story": {"submit": "POST /submit-job", "follow": "GET /job-info/{jobId}", "stop": "POST /stop-job"}}
    tries = [step("submit", "error"), step("submit", "success"), step("follow", "error")]
    said = {"files": {"f": {"executedWorkflows": [{"workflowId": "story", "executedSteps": tries}]}}}
    assert failures(said, steps) == {
        ("GET /job-info/{jobId}", "story/follow: schema check"): {"POST /submit-job", "GET /job-info/{jobId}"}
    }


def test_workflows_lose_patience_sooner_and_nothing_else():
    again = [{"name": "look-again", "type": "retry", "retryAfter": 1, "retryLimit": 60}]
    document = {"workflows": [{"steps": [{"stepId": "a", "onFailure": again}, {"stepId": "b"}]}]}
    assert patient(document)["workflows"][0]["steps"] == [
        {"stepId": "a", "onFailure": [{**again[0], "retryLimit": RETRIES}]},
        {"stepId": "b"},
    ]


def test_lines_of_another_measurement_are_not_gone_on_with():
    header = JudgesStarted("2026-11-26", "documented", "standard", 1, 2, 120, ("x",), {"suite": "1"}, "here")
    later = JudgesStarted("2026-11-27", "documented", "standard", 1, 2, 120, ("x",), {"suite": "1"}, "there")
    other = JudgesStarted("2026-11-26", "documented", "standard", 2, 2, 120, ("x",), {"suite": "1"}, "here")
    assert not differing(header, later)
    assert differing(header, other) == "seed"
