"""Whatever the ids in receipts are, a run ends in a verdict, and stops its jobs or names them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import Target

RELEASE = "2.3.13"
CHECKS = ("submit-job.receipt", "submit-job.generated-id", "submit-jobs.receipts", "stop-job.receipt")
CHECKS += ("life-cycle.streaming-runs-on", "POST /submit-job, linked requests", "*histories*")

IDS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "float": float,
    "null": lambda _: None,
    "list": lambda job_id: [job_id],
    "of nobody": lambda _: "5",
}


class Receipts(FaultEffect):
    """Changes the ids in receipts."""

    def __init__(self, change: Callable[[str], Any]) -> None:
        self.change = change

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        if not exchange.operation_id.startswith("submit_job") or not exchange.ok:
            return exchange
        document = exchange.document
        if isinstance(document, list):
            return exchange.with_json([self._changed(item) for item in document])
        return exchange.with_json(self._changed(document))

    def _changed(self, receipt: Any) -> Any:
        return {**receipt, "jobId": self.change(receipt["jobId"])} if "jobId" in receipt else receipt


@pytest.mark.slow
@pytest.mark.parametrize("kind", IDS)
def test_run_ends_in_a_verdict_and_leaves_no_job_silently(
    broken: Callable[..., str], reference_as: Callable[[str], str], tmp_path: Path, kind: str
) -> None:
    url = broken(Receipts(IDS[kind]), RELEASE)
    journal = tmp_path / "journal.ndjson"
    report = run(Settings(url, release=RELEASE, reference=True, wait=2.0, seed=1, only=CHECKS, journal=journal))
    reasons = [outcome.reason for outcome in report.outcomes]
    assert not [reason for reason in reasons if "the suite itself failed" in reason]
    assert report.footer.exit is RunExit.DEVIATES
    with Target(reference_as(RELEASE)) as target:
        names = [str(job["jobName"]) for job in target.get("/running-jobs").items]
    own = [name for name in names if name.startswith(f"conformance-{report.header.run}-")]
    assert not own or report.footer.leftovers
    assert journal.exists() == bool(report.footer.leftovers)
