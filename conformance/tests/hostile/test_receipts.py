"""Whatever the ids in receipts are, a run ends in a verdict, and stops its jobs or names them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import effect_of
from seatunnel_conformance.faults.changes import at, receipts
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import Target

SUBMISSIONS = ("submit_job", "submit_jobs", "submit_job_by_upload")
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


@pytest.mark.slow
@pytest.mark.parametrize("kind", IDS)
def test_run_ends_in_a_verdict_and_leaves_no_job_silently(
    broken: Callable[..., str], reference_as: Callable[[str], str], tmp_path: Path, kind: str
) -> None:
    url = broken(effect_of(receipts(at("jobId", IDS[kind])), *SUBMISSIONS)(), RELEASE)
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
