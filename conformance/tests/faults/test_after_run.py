"""The exit status of a run with faults after its checks."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.plan import exit_after, is_decided, plan_after
from seatunnel_conformance.report.outcomes import RunExit, Verdict


def report(status: RunExit, **verdicts: Verdict) -> Any:
    outcomes = [SimpleNamespace(id=name.replace("__", "."), verdict=verdict) for name, verdict in verdicts.items()]
    footer, header = SimpleNamespace(exit=status), SimpleNamespace(release="documented", writes=True)
    return SimpleNamespace(footer=footer, header=header, outcomes=outcomes)


@pytest.mark.parametrize(
    ("status", "of_faults", "expected"),
    [
        (RunExit.CONFORMS, RunExit.CONFORMS, RunExit.CONFORMS),
        (RunExit.CONFORMS, RunExit.DEVIATES, RunExit.UNDECIDED),
        (RunExit.CONFORMS, RunExit.UNDECIDED, RunExit.UNDECIDED),
        (RunExit.CONFORMS, None, RunExit.CONFORMS),
        (RunExit.DEVIATES, RunExit.DEVIATES, RunExit.DEVIATES),
    ],
)
def test_undetected_fault_makes_a_conforming_run_undecided(
    status: RunExit, of_faults: RunExit | None, expected: RunExit
):
    score: Any = None if of_faults is None else SimpleNamespace(exit=of_faults)
    assert exit_after(report(status), score) is expected


def test_only_a_run_with_a_verdict_is_tested():
    assert [status for status in RunExit if is_decided(report(status))] == [RunExit.CONFORMS, RunExit.DEVIATES]


def test_faults_of_passed_checks_are_tried_with_short_waits_and_without_files():
    done = report(RunExit.DEVIATES, overview__members=Verdict.PASS, job_info=Verdict.FAIL)
    settings = Settings("http://localhost", wait=30.0, journal=Path("journal"), reports={"html": Path("page")})
    plan = plan_after(done, settings)
    assert plan.only
    assert (plan.settings.wait, plan.settings.journal, plan.settings.reports) == (5.0, None, {})
    assert plan.settings.reference
    assert plan_after(report(RunExit.CONFORMS), settings).only == ()
