"""The report as JUnit XML, for machines that gate on it.

A broken SHOULD or MAY is no failure there, because it is none of the run: it is a skipped case that says so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import explain
from seatunnel_conformance.verdicts import Verdict
from seatunnel_openapi.clauses import Level

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, not even escaped; a target may send any."""


def as_junit(report: Report) -> str:
    """Return the report as XML: a suite for each group of clauses, a case for each check."""
    document = JUnitXml("seatunnel-v2 conform")
    for group, outcomes in groupby(sorted(report.outcomes, key=_group), key=_group):
        document.add_testsuite(_suite(group, outcomes, _properties(report)))
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    file = io.BytesIO()
    document.write(file)
    return file.getvalue().decode("utf-8")


def _group(outcome: Outcome) -> str:
    return outcome.group


def _properties(report: Report) -> Mapping[str, str]:
    header = report.header
    return {
        "target": header.target,
        "release": header.release,
        "contract": header.contract,
        "profile": header.profile,
        "seed": str(header.seed),
        "verdict": report.footer.verdict.value,
    }


def _suite(group: str, outcomes: Iterable[Outcome], properties: Mapping[str, str]) -> TestSuite:
    suite = TestSuite(group)
    for name, value in properties.items():
        suite.add_property(name, _legal(value))
    for outcome in outcomes:
        suite.add_testcase(_case(outcome))
    return suite


def _case(outcome: Outcome) -> TestCase:
    case = TestCase(outcome.id, classname=f"conformance.{outcome.group}", time=outcome.seconds)
    result = _result(outcome)
    if result is not None:
        case.result = [result]
    return case


def _result(outcome: Outcome) -> Failure | Error | Skipped | None:
    if outcome.verdict is Verdict.PASS:
        return None
    if outcome.verdict is Verdict.SKIPPED:
        return Skipped(_legal(outcome.reason))
    if outcome.verdict is Verdict.FAIL and outcome.level is not Level.MUST:
        return Skipped(_legal(f"{outcome.level.value} not kept: {outcome.reason}"))
    kind = Failure if outcome.verdict is Verdict.FAIL else Error
    result = kind(_legal(outcome.reason), outcome.verdict.value)
    result.text = _legal(explain(outcome))
    return result


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
