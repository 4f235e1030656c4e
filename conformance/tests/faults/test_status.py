"""The status of a fault, by the verdicts of the checks."""

from collections.abc import Callable

import pytest

from seatunnel_conformance.faults.catalogue import Expected, Fault, FaultEffect
from seatunnel_conformance.faults.results import CheckVerdict, FaultResult, FaultStatus, detecting_checks, status_of
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_openapi import Contract

RIGHT, OTHER = "job-info.unknown-id", "overview.members"
P, F, S, I = Verdict.PASS, Verdict.FAIL, Verdict.SKIPPED, Verdict.INCONCLUSIVE  # noqa: E741 - a table below

OF_RESPONSES = {"GET /job-info/{jobId}", "GET /job-info/{jobId}, with jobs", "GET /job-info/{jobId}, whole run"}
"""The checks of all responses of an operation."""


@pytest.mark.parametrize(
    ("clean", "seen", "altered", "expected"),
    [
        ({RIGHT: P, OTHER: P}, {RIGHT: F}, 1, FaultStatus.KILLED),
        ({RIGHT: P, OTHER: P}, {RIGHT: F, OTHER: F}, 1, FaultStatus.KILLED),
        ({RIGHT: P, OTHER: P}, {RIGHT: P, OTHER: F}, 1, FaultStatus.KILLED_ELSEWHERE),
        ({RIGHT: P, OTHER: P}, {RIGHT: I, OTHER: F}, 1, FaultStatus.KILLED_ELSEWHERE),
        ({RIGHT: P, OTHER: P}, {RIGHT: I, OTHER: P}, 1, FaultStatus.UNDECIDED),
        ({RIGHT: P, OTHER: P}, {RIGHT: P, OTHER: I}, 1, FaultStatus.UNDECIDED),
        ({RIGHT: P, OTHER: P}, {RIGHT: P, OTHER: P}, 1, FaultStatus.SURVIVED),
        ({RIGHT: P, OTHER: P}, {RIGHT: P, OTHER: P}, 0, FaultStatus.IDLE),
        # A check that is skipped under a fault does not detect it.
        ({RIGHT: P, OTHER: P}, {RIGHT: S, OTHER: P}, 1, FaultStatus.SURVIVED),
        # A check that also fails without the fault does not detect it.
        ({RIGHT: F, OTHER: P}, {RIGHT: F, OTHER: P}, 1, FaultStatus.UNOBSERVABLE),
        ({RIGHT: S, OTHER: P}, {RIGHT: S, OTHER: F}, 1, FaultStatus.UNOBSERVABLE),
        ({RIGHT: P, OTHER: F}, {RIGHT: P, OTHER: F}, 1, FaultStatus.SURVIVED),
        ({OTHER: P}, {OTHER: F}, 1, FaultStatus.UNOBSERVABLE),
    ],
)
def test_fate_follows_from_the_checks(
    clean: dict[str, Verdict], seen: dict[str, Verdict], altered: int, expected: FaultStatus
):
    found = [CheckVerdict(check_id, verdict) for check_id, verdict in seen.items()]
    assert status_of(frozenset({RIGHT}), clean, found, altered=altered) is expected


def test_fault_that_breaks_nothing_can_be_noticed_by_anybody():
    assert status_of(frozenset(), {OTHER: P}, [CheckVerdict(OTHER, F)], altered=1) is FaultStatus.KILLED_ELSEWHERE
    assert status_of(frozenset(), {OTHER: P}, [CheckVerdict(OTHER, P)], altered=1) is FaultStatus.SURVIVED


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        (Expected.DETECTED, [FaultStatus.KILLED]),
        (Expected.UNDECIDED, [FaultStatus.KILLED, FaultStatus.UNDECIDED]),
        (Expected.IGNORED, [FaultStatus.SURVIVED]),
    ],
)
def test_fates_that_are_as_expected(expected: Expected, right: list[FaultStatus], result: Callable[..., FaultResult]):
    assert [one for one in FaultStatus if result(due=expected, fate=one).is_expected] == right


@pytest.mark.parametrize(
    ("fault_id", "kind", "expected"),
    [
        ("x", "semantic", {"job-info.unknown-id"}),
        ("x", "wire", {"job-info.unknown-id", *OF_RESPONSES}),
        ("schema:x:y", "schema", {"job-info.unknown-id", *OF_RESPONSES}),
    ],
)
def test_generated_requests_are_a_right_reason_for_faults_of_shape_only(
    documented: Contract, fault_id: str, kind: str, expected: set[str]
):
    assert detecting_checks(Fault(fault_id, kind, ("job-info.unknown-id",), "X.", FaultEffect), documented) == expected


def test_clause_of_the_document_has_no_operation_to_be_seen_on(documented: Contract):
    assert detecting_checks(Fault("x", "wire", ("http.head",), "X.", FaultEffect), documented) == {"http.head"}


@pytest.mark.parametrize(
    ("breaks", "must"),
    [(("job-info.unknown-id",), True), (("http.options",), False), (("http.options", "http.head"), True), ((), False)],
)
def test_fault_is_binding_when_one_of_its_clauses_is(documented: Contract, breaks: tuple[str, ...], must: object):
    assert Fault("x", "http", breaks, "X.", FaultEffect).breaks_a_must(documented) is must


def test_histories_are_a_right_check_of_the_clauses_that_a_fault_breaks(documented: Contract):
    fault = Fault("drops-the-last", "history", ("life-cycle.in-one-list",), "A sentence.", FaultEffect)
    right = detecting_checks(fault, documented)
    assert {"life-cycle.in-one-list", "life-cycle.in-one-list, random histories"} <= right
    assert "life-cycle.times, random histories" not in right
