"""The script of a failure, run by a shell, shows the response that the failure names."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence

import pytest
from makers import Broken

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.catalogue import fault_named
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.repetition import script
from seatunnel_conformance.run.runner import run
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Exchange
from seatunnel_conformance.text.differences import NOTHING, shown

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")]

_VARYING = re.compile(r"\d{12,}|\d{4}-\d\d-\d\d|conformance-")

FAILURES = {
    "unknown-id-is-404": ("job-info.unknown-id", "running-job.unknown-id"),
    "overview-has-numbers": ("overview.members", "GET /overview"),
    "error-loses-message": ("http.error-shape", "http.broken-json", "http.strict-json", "stop-job.missing-id"),
    "empty-body-is-accepted": ("http.empty-body",),
    "accept-is-negotiated": ("http.accept-ignored",),
    "sink-secrets-stay": ("encrypt-config.encodes",),
    "written-count-is-zero": ("job-info.counts",),
    "running-job-loses-options": ("job-info.running-members",),
    "listed-job-is-pending": ("running-jobs.lists-running",),
    "stop-receipt-is-empty": ("stop-job.receipt", "stop-job.again"),
    "stop-is-202": ("stop-job.number-or-text",),
    "savepoints-are-cancellations": ("finished-jobs.savepoint-state",),
    "state-filter-is-ignored": ("finished-jobs.only-that-state",),
    "id-in-use-is-refused": ("submit-job.id-of-running-job",),
    "ended-id-is-taken-otherwise": ("submit-job.id-of-ended-job",),
    "receipt-loses-name": ("submit-job.receipt", "submit-job.given-name"),
    "missing-section-gets-a-default": ("submit-job.missing-section",),
    "batch-jobs-fail": ("life-cycle.batch-ends",),
    "streaming-jobs-end": ("life-cycle.streaming-runs-on",),
    "tags-ignore-case": ("overview.exact-tags",),
    "no-match-lists-all": ("logs.no-match",),
}
"""Faults, and checks that fail on them."""


def answer(script: str) -> tuple[int, str]:
    """Run a script, and return the status and the body of the last response that it prints."""
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    head, _, body = done.stdout.rpartition("HTTP/1.1 ")[2].partition("\n\n")
    assert head, f"{done.stderr}\n{script}"
    return int(head[:3]), body


def at(body: str, place: str) -> str:
    """Return the value at a JSON pointer of a body, as a report shows it."""
    value = json.loads(body)
    for part in place.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part, ...)
        elif isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else ...
    return NOTHING if value is ... else shown(value, place, frozenset({"password", "token"}))


def repeats(outcome: Outcome) -> None:
    """Assert that the script of each finding shows the values in the finding."""
    for finding in outcome.findings:
        status, body = answer(finding.curl)
        said = re.search(r"answered (\d+)", finding.summary)
        assert said, finding.summary
        assert status == int(said[1]), finding.curl
        for difference in finding.differences:
            if difference.place == "status":
                assert difference.found == str(status), finding.curl
            elif difference.place.startswith("/") and not _VARYING.search(difference.found + difference.place):
                found = at(body, difference.place)
                present = found if found == NOTHING else "a member"
                # Of numbers, only the type is compared: the number of jobs has changed since.
                alike = type(json.loads(found)) is type(json.loads(difference.found)) if found[:1].isdigit() else False
                assert difference.found in {found, present} or alike, finding.curl


def failures(fault_id: str, broken: Broken, *only: str, options: Sequence[str] = ()) -> list[Outcome]:
    """Return the outcomes of checks on a server with a fault, and with options of its own; all have to fail."""
    url = broken(fault_named(fault_id).make(), "2.3.10", *options)
    # Without random histories, which take longer, and without requests that are generated while jobs run.
    checks = {"only": only, "skip": ("*, *",)}
    settings = Settings(url=url, release="2.3.10", wait=5.0, seed=1, reference=True, allow_writes=True, **checks)
    failed = [one for one in run(settings).outcomes if one.id in only]
    assert [(one.id, one.reason) for one in failed if one.verdict is not Verdict.FAIL] == []
    return failed


@pytest.mark.parametrize("fault_id", FAILURES)
def test_script_of_a_failure_shows_what_the_failure_says(fault_id: str, broken: Broken):
    for outcome in failures(fault_id, broken, *FAILURES[fault_id]):
        repeats(outcome)


def test_script_of_a_job_that_runs_on_shows_this_job(broken: Broken):
    # A server of its own, because the jobs of this test run on.
    (outcome,) = failures("stop-is-swallowed", broken, "life-cycle.stop-ends", options=("--seed", "5"))
    found = re.search(r'has not ended, .*?"jobId": "(\d+)"', outcome.reason)
    assert found, outcome.reason
    assert outcome.findings[0].curl.endswith(f"/job-info/{found[1]}")


def test_script_waits_for_no_job_that_was_not_submitted():
    with Target("http://localhost:1") as target:
        job_id = target.own.generate()
        put, submission = (
            Exchange(target.request(method, path, {}))
            for method, path in (("PUT", f"/job-info/{job_id}"), ("POST", f"/submit-job?jobId={job_id}"))
        )
        target.changes.extend([put.request, submission.request])
        last = Exchange(target.request("PUT", f"/running-job/{job_id}", {}))
        lines = script([last], [last], target).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["curl", "curl", "for", "curl"]
