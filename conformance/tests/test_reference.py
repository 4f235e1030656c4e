"""The whole suite against the reference server, which is correct, so that no check may fail."""

import subprocess
import sys
from pathlib import Path

import pytest
from counting import Counting

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import RunVerdict, Verdict
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


def conform(url: str, folder: Path, *arguments: str) -> Report:
    """Run the suite as a pytest session of its own, and return its report."""
    path = folder / "report.ndjson"
    reports = ["--seatunnel-report-ndjson", str(path), "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", "--seatunnel-url", url, *reports, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert path.is_file(), done.stdout + done.stderr
    return Report.read(path)


def unpassed(report: Report) -> list[str]:
    return [f"{o.id}: {o.reason}" for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]


@pytest.mark.slow
def test_reference_server_conforms_and_is_changed_no_more_than_planned(
    reference: str, contract: Contract, tmp_path: Path
):
    counting = Counting()
    with Proxy(reference, contract) as proxy:
        proxy.switch(counting)
        # Other tests may have left jobs on the server.
        report = conform(proxy.url, tmp_path, "--seatunnel-seed", "1", "--seatunnel-dedicated")
        settings = Settings(proxy.url, release=contract.release, reference=True)
    assert counting.changing < settings.most_changes(contract) < 2 * counting.changing
    assert unpassed(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS
    assert report.footer.counts["pass"] > 150
    assert report.footer.leftovers == ()
    skipped = {outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED}
    assert not any("changes the target" in reason for reason in skipped), "a check writes without saying so"
    of_nodes = {reason for reason in skipped if "node" in reason or "worker" in reason}
    assert len(of_nodes) <= 2, "a single node is not a cluster"
    assert len(skipped - of_nodes) <= 5


@pytest.mark.slow
def test_read_only_run_changes_nothing(reference: str):
    # Generated requests of every operation are counted in test_selection.py.
    only = ("*.*", "GET /overview", "GET /job-info/{jobId}")
    with Target(reference) as target:
        before = target.get("/finished-jobs").json, target.get("/running-jobs").json
        report = run(Settings(reference, profile="read-only", only=only, seed=1))
        assert unpassed(report) == []
        methods = {exchange.method for outcome in report.outcomes for exchange in outcome.exchanges}
        assert "POST" not in methods
        assert (target.get("/finished-jobs").json, target.get("/running-jobs").json) == before
