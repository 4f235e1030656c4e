"""The suite against the reference server as every release, with that release's contract: no false alarm on any."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.runner import run
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.verdicts import RunVerdict, Verdict
from seatunnel_openapi import releases


@contextmanager
def serving(release: str) -> Iterator[str]:
    """Run a reference server as a release, and yield its address."""
    command = [sys.executable, "-m", "seatunnel_v2", "serve", "--port", "0", "--speed", "20", "--release", release]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"https?://\S+", process.stdout.readline())
        assert found, f"no server as {release}"
        yield found[0]
        process.terminate()


def complaints(report: Report) -> list[str]:
    return [f"{o.id}: {o.reason}" for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}]


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_server_as_a_release_keeps_its_contract(release: str, tmp_path: Path):
    with serving(release) as url:
        report = run(Settings(url=url, release=release, seed=1, ndjson=tmp_path / "report.ndjson"))
    assert complaints(report) == []
    assert report.footer.verdict is RunVerdict.CONFORMS
    assert report.header.release == release
