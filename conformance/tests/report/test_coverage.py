"""Coverage of the contract by a run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_conformance.report.analysis import coverage
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import as_html
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.target.routes import met_parts, parts
from seatunnel_openapi import load

Make = Callable[..., Outcome]
Write = Callable[..., Path]
PARTS = ("GET /logs 200", "GET /logs 500", "GET /logs ?format", "GET /metrics 200")
SENTENCE = "the requests exercised 1 of 2 operations, 1 of 3 statuses, 1 of 1 query parameters of the contract"


@pytest.fixture
def met(stream: Write, outcome: Make) -> Report:
    """Return the report of a run that met one operation in two checks."""
    written = Report.read(stream(outcome("a.x", met=["GET /logs 200"]), outcome("a.y", met=["GET /logs ?format"])))
    return replace(written, header=replace(written.header, parts=PARTS))


def test_coverage_says_what_was_met_and_what_never(met: Report):
    found = coverage(met)
    assert [(one.operation, one.met, one.missed) for one in found.operations] == [
        ("GET /logs", ("200", "?format"), ("500",)),
        ("GET /metrics", (), ("200",)),
    ]
    assert found.sentence == SENTENCE


def test_page_has_a_row_for_each_operation(met: Report):
    page = as_html(met)
    assert f"T{SENTENCE[1:]}." in page
    assert "<code>GET /logs</code></th><td>200, ?format</td><td>500</td>" in page


def test_report_of_an_earlier_version_has_no_coverage(stream: Write, outcome: Make):
    written = Report.read(stream(outcome("a.x")))
    assert (coverage(written).sentence, "Coverage of the contract" in as_html(written)) == ("", False)


def test_requests_meet_what_the_contract_has_and_nothing_else():
    contract = load("2.3.13")
    sent = [("GET", "/st/logs?format=json&secret=1", 200), ("HEAD", "/st/log/a%20b", 404), ("GET", "/st/nowhere", 200)]
    met = set(met_parts(contract, "/st", [*sent, ("GET", "/st/logs", 299)]))
    assert met == {"GET /logs 200", "GET /logs ?format", "GET /log/{file} 404"}
    assert met < set(parts(contract))
