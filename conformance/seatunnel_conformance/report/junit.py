"""The report as JUnit XML for CI servers.

Known deviations are skipped cases with the reason. So are broken SHOULD and MAY clauses: they do not fail the run. A
stale entry of the baseline is a failure.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.report.text import explain, incomplete, visible_report
from seatunnel_openapi.contract import Level


def as_junit(report: Report) -> str:
    """Return the report as XML: a suite for each group of clauses, a case for each check."""
    shown = visible_report(report)
    document, by_group = JUnitXml("seatunnel-v2 conform"), attrgetter("group")
    for group, outcomes in groupby(sorted(shown.outcomes, key=by_group), key=by_group):
        document.add_testsuite(_suite(group, map(_case, outcomes), _properties(shown)))
    if warning := incomplete(report):
        # A run that was cut off must not be taken for a passed one.
        case = TestCase("the run came to its end", classname="conformance.run")
        case.result = [Error(warning, "cut")]
        document.add_testsuite(_suite("the run", [case], _properties(shown)))
    document.update_statistics()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    file = io.BytesIO()
    document.write(file)
    return file.getvalue().decode("utf-8")


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


def _suite(name: str, cases: Iterable[TestCase], properties: Mapping[str, str]) -> TestSuite:
    suite = TestSuite(name)
    for key, value in properties.items():
        suite.add_property(key, value)
    for case in cases:
        suite.add_testcase(case)
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
        return Skipped(outcome.reason)
    if outcome.verdict is Verdict.NOT_SCORED:
        return Skipped(f"not scored: {outcome.reason}")
    if outcome.verdict is Verdict.KNOWN:
        return Skipped(f"known deviation: {outcome.accepted}")
    if outcome.verdict is Verdict.FAIL and outcome.level is not Level.MUST:
        return Skipped(f"{outcome.level.value} not kept: {outcome.reason}")
    kind = Error if outcome.verdict is Verdict.INCONCLUSIVE else Failure
    result = kind(outcome.reason, outcome.verdict.value)
    result.text = explain(outcome)
    return result
