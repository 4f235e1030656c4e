"""oasdiff, which is independent of this project, finds the same changes and the same ones breaking."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from seatunnel_openapi import Contract, load, releases
from seatunnel_openapi.comparison import diff

LEVELS = {3: "error", 2: "warning", 1: "info"}
ONLY_OURS = {"behaviour-changed"}
PAIRS = list(pairwise(releases()))
Told = set[tuple[str, str, str]]
"""Changes as both tell them: operation, name and severity."""

NAMED_OTHERWISE: dict[tuple[str, str], tuple[Told, Told]] = {
    # The alternatives of this body have no names: oasdiff reports two new alternatives, we report the property in them.
    ("documented", "docs-2024-10"): (
        {("POST /submit-jobs", "request-property-removed", "warning")},
        {
            ("POST /submit-jobs", "request-property-any-of-added", "info"),
            ("POST /submit-jobs", "request-property-any-of-removed", "warning"),
        },
    ),
    ("docs-2024-10", "2.3.9"): (
        {("POST /submit-jobs", "new-optional-request-property", "info")},
        {
            ("POST /submit-jobs", "request-property-any-of-added", "info"),
            ("POST /submit-jobs", "request-property-any-of-removed", "warning"),
        },
    ),
    # The text of a job had one language, and then one of several.
    ("2.3.11", "2.3.12"): (set(), {("POST /submit-job", "request-body-type-generalized", "info")}),
    # A list became a list or a page, and a config one of two: oasdiff reports a new type, we compare both alternatives.
    ("2.3.12", "2.3.13"): (
        {
            ("GET /finished-jobs", "response-required-property-added", "info"),
            ("GET /finished-jobs/{state}", "response-required-property-added", "info"),
            ("GET /running-jobs", "response-required-property-added", "info"),
            ("POST /encrypt-config", "response-optional-property-added", "info"),
        },
        {
            ("GET /finished-jobs", "response-body-type-changed", "error"),
            ("GET /finished-jobs/{state}", "response-body-type-changed", "error"),
            ("GET /running-jobs", "response-body-type-changed", "error"),
            ("POST /encrypt-config", "response-body-type-changed", "warning"),
            ("POST /encrypt-config", "response-optional-property-removed", "info"),
            ("POST /encrypt-config", "response-required-property-removed", "warning"),
        },
    ),
    # The start time of a waiting job became an empty text: oasdiff ignores the pattern of a value that could be null.
    ("2.3.13", "development-2026-07-01"): (
        {("GET /running-jobs", "response-property-pattern-changed", "warning")},
        {
            ("GET /job-info/{jobId}", "response-property-pattern-added", "info"),
            ("GET /running-job/{jobId}", "response-property-pattern-added", "info"),
            ("GET /running-jobs", "response-property-pattern-added", "info"),
        },
    ),
    ("development-2026-07-01", "development-2026-08-29"): (
        {("POST /submit-jobs", "new-optional-request-property", "info")},
        {
            ("POST /submit-jobs", "request-property-any-of-added", "info"),
            ("POST /submit-jobs", "request-property-any-of-removed", "warning"),
        },
    ),
}
"""By pair of releases: what only we tell, and what only oasdiff tells."""


@pytest.fixture(scope="session")
def oasdiff() -> str:
    """oasdiff's command, from OASDIFF or the PATH; skips where it is not installed."""
    command = os.environ.get("OASDIFF") or shutil.which("oasdiff")
    if command is None:
        pytest.skip("oasdiff is not installed (go install github.com/oasdiff/oasdiff@v1.36.0)")
    return command


def written(contract: Contract, folder: Path) -> Path:
    path = folder / f"{contract.release}.json"
    path.write_text(json.dumps(contract.document), encoding="utf-8")
    return path


def told_by_oasdiff(command: str, old: Path, new: Path) -> Told:
    run = subprocess.run([command, "changelog", old, new, "--format", "json"], capture_output=True, check=True)
    return {
        (f"{each['operation']} {each['path']}", each["id"], LEVELS[each["level"]])
        for each in json.loads(run.stdout)
        if "path" in each
    }


@pytest.mark.parametrize("pair", PAIRS, ids=" to ".join)
def test_outside_judge_sees_the_same_changes_and_judges_them_alike(pair, oasdiff, folder, tmp_path):
    old, new = (load(release, folder=folder) for release in pair)
    theirs = told_by_oasdiff(oasdiff, written(old, tmp_path), written(new, tmp_path))
    ours = {
        (change.operation, change.id, str(change.severity)) for change in diff(old, new) if change.id not in ONLY_OURS
    }
    assert theirs
    assert (ours - theirs, theirs - ours) == NAMED_OTHERWISE.get(pair, (set(), set()))
