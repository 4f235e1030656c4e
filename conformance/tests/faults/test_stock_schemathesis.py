"""Stock schemathesis as a judge."""

import pytest
from bench.judges.stock import Complaint, right_operations, stock_fate

from seatunnel_conformance.faults.catalogue import Fault, FaultEffect
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_openapi import Contract

HERE: Complaint = ("GET /overview", "ST108")
THERE: Complaint = ("GET /logs", "ST101")


@pytest.mark.parametrize(
    ("new", "altered", "expected"),
    [
        ([HERE], 1, FaultStatus.KILLED),
        ([HERE, THERE], 1, FaultStatus.KILLED),
        ([THERE], 1, FaultStatus.KILLED_ELSEWHERE),
        ([], 1, FaultStatus.SURVIVED),
        ([], 0, FaultStatus.IDLE),
    ],
)
def test_complaint_counts_on_the_operation_at_fault(new: list[Complaint], altered: int, expected: FaultStatus):
    assert stock_fate(frozenset({"GET /overview"}), new, altered) is expected


def test_fault_of_an_operation_is_to_be_seen_there(documented: Contract):
    fault = Fault("x", "wire", ("overview.members",), "X.", FaultEffect)
    assert right_operations(fault, documented) == {"GET /overview"}


def test_fault_of_a_clause_of_the_document_is_to_be_seen_anywhere(documented: Contract):
    fault = Fault("x", "http", ("http.head",), "X.", FaultEffect)
    assert len(right_operations(fault, documented)) == len(documented.operations)
