"""The verdict as a badge."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from seatunnel_conformance.report.badge import as_badge, as_endpoint
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome

Make = Callable[..., Outcome]
Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("verdicts", "said", "colour"),
    [
        (["pass", "pass"], "conforms (standard, 2 checks)", "brightgreen"),
        (["pass", "inconclusive"], "undecided", "yellow"),
        (["skipped"], "empty", "lightgrey"),
    ],
)
def test_badge_says_what_the_run_came_to(stream: Write, outcome: Make, verdicts: list[str], said: str, colour: str):
    report = Report.read(stream(*(outcome(f"a.b{n}", one, reason="x") for n, one in enumerate(verdicts))))
    endpoint = json.loads(as_endpoint(report))
    assert (endpoint["message"], endpoint["color"], endpoint["schemaVersion"]) == (said, colour, 1)
    texts = [element.text for element in ET.fromstring(as_badge(report)).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert {said, "SeaTunnel API documented"} <= set(texts)


def test_badge_counts_what_failed(report: Report):
    assert json.loads(as_endpoint(report))["message"] == "2 of 6 failed"


def test_badge_of_a_run_that_broke_off_never_conforms(stream: Write, outcome: Make):
    path = stream(outcome("a.b"))
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert json.loads(as_endpoint(Report.salvage(path)))["message"] == "run broke off"


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ({"profile": "read-only"}, "read-only"),
        ({"writes": False}, "read-only"),
        ({"profile": "full"}, "full"),
        ({"nodes": ("http://node2:8080",)}, "cluster"),
        ({"profile": "smoke"}, ""),
        ({"partial": True}, ""),
    ],
)
def test_tier_says_what_the_run_covered(stream: Write, outcome: Make, facts: dict[str, object], tier: str):
    header = replace(Report.read(stream(outcome("a.b"))).header, **facts)
    assert header.tier == tier
