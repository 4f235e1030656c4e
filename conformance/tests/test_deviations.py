"""A deviation in one value, list or message, or at one time only, fails the check of its clause and no other check."""

import re
from itertools import count
from typing import Any

import pytest
from deviating_jobs import BY_STATE_CHECK, COMMANDS, FINISHED, INFO, JOBS, RUNNING
from deviating_messages import HTTP, NODE
from deviations import Deviation, replaced
from makers import Broken, Judge

from seatunnel_conformance.faults.catalogue import effect_of, fault_named
from seatunnel_conformance.faults.changes import body
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.target.job_guard import OwnIds

LATIN = body(lambda it: it.received.body.decode().encode("latin-1", "replace") + b"\xe9")

ROWS = (*JOBS, *COMMANDS, *NODE, *HTTP)
FAILING = [(one, check) for one in ROWS for check in one.fails]
PASSING = [(one, check) for one in ROWS for check in one.passes]
POINTING = [(one, check, cause) for one in ROWS for check, cause in one.points.items()]


def named(rows: list[Any]) -> list[str]:
    return [f"{one.name}-{check}" for one, check, *_ in rows]


@pytest.mark.slow
@pytest.mark.parametrize(("one", "check"), FAILING, ids=named(FAILING))
def test_deviation_fails_the_check_of_its_clause(broken: Broken, judge: Judge, one: Deviation, check: str):
    outcome = judge(check, broken(one.make(), one.release), one.release, **one.options)
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert outcome.operation == (one.accuses or outcome.operation)
    assert re.fullmatch(one.reason, outcome.reason, re.DOTALL if one.reason == ".*" else 0)


@pytest.mark.slow
@pytest.mark.parametrize(("one", "check"), PASSING, ids=named(PASSING))
def test_deviation_passes_the_check_of_another_clause(broken: Broken, judge: Judge, one: Deviation, check: str):
    outcome = judge(check, broken(one.make(), one.release), one.release, **one.options)
    assert outcome.verdict is Verdict.PASS, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize(("one", "check", "cause"), POINTING, ids=named(POINTING))
def test_check_points_to_the_clause_that_a_deviation_breaks(
    broken: Broken, judge: Judge, one: Deviation, check: str, cause: str
):
    outcome = judge(check, broken(one.make(), one.release), one.release)
    assert (outcome.verdict, outcome.see) == (Verdict.INCONCLUSIVE, cause)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "operation_id"),
    [(BY_STATE_CHECK, FINISHED), ("submit-job.given-name", INFO), ("life-cycle.in-one-list", RUNNING)],
)
def test_response_that_cannot_be_read_accuses_no_check_of_another_operation(
    broken: Broken, judge: Judge, check: str, operation_id: str
):
    outcome = judge(check, broken(effect_of(LATIN, operation_id)(), "2.3.10"), "2.3.10")
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "not JSON" in outcome.reason


METRICS = [
    ("metrics.text", b'="([^"]*)"', rb"=\1"),
    ("metrics.text", rb"(# TYPE job_count .*\n)((?:.*\n)*)", rb"\2\1"),
    ("metrics.text", rb"(node_count\{.*\n)", rb"\1\1"),
    ("metrics.text", b"# TYPE.*\n", b""),
    ("metrics.jobs-by-state", rb'(type="finished",} )\S+', rb"\g<1>77.0"),
    ("metrics.jobs-by-state", rb'(type="running",} )\S+', rb"\g<1>78.0"),
]


@pytest.mark.slow
@pytest.mark.parametrize("row", METRICS, ids=[by.decode() for *_, by in METRICS])
def test_change_in_the_text_of_metrics_fails_their_checks(broken: Broken, judge: Judge, row: tuple[str, bytes, bytes]):
    check, pattern, by = row
    effect = effect_of(replaced(pattern, by), "get_metrics")()
    outcome = judge(check, broken(effect, "2.3.10", engine="telemetry: {metric: {enabled: true}}"), "2.3.10")
    assert outcome.verdict is Verdict.FAIL, outcome.reason


@pytest.mark.slow
def test_neighbour_of_an_id_is_the_same_double(broken: Broken, judge: Judge, monkeypatch: pytest.MonkeyPatch):
    """As a double, each of these ids is rounded up, but the id below it is rounded down."""
    ids = count(2 * 10**17 + 17, 64)

    def generate(own: OwnIds, *_: Any, **__: Any) -> str:
        own.generated.add(job_id := str(next(ids)))
        return job_id

    monkeypatch.setattr(OwnIds, "generate", generate)
    url = broken(fault_named("ids-are-compared-as-doubles").make(), "2.3.10")
    assert judge("job-info.asked-job", url, "2.3.10").verdict is Verdict.FAIL
