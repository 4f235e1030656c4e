"""`seatunnel-v2 report` and `report diff` as people and scripts meet them: real processes."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import commands
import pytest

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, EventWriter, RunStarted
from seatunnel_conformance.report.outcomes import Finding, Outcome, Verdict
from seatunnel_openapi.contract import Level

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


def written(path: Path, verdict: Verdict, *, footer: bool = True) -> None:
    """Write the stream of a run whose one check came to a verdict."""
    found = (Finding("it was so", "", "curl x"),) if verdict is Verdict.FAIL else ()
    outcome = Outcome("job-info.unknown-id", verdict, Level.MUST, "A sentence.", None, reason="so", findings=found)
    with path.open("w", encoding="utf-8") as stream:
        writer = EventWriter(stream)
        checks = (outcome.id,)
        writer.write(RunStarted("http://h:1", "2.3.9", "0" * 64, "smoke", 7, "run", "0.1", "2026-11-25", 1, checks))
        writer.write(CheckStarted(outcome.id))
        writer.write(CheckFinished(outcome))
        if footer:
            writer.write(writer.footer(1.0, missing=0, leftovers=()))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return the folder with the streams of a run that passed, one that failed and one that broke off."""
    written(tmp_path / "good.ndjson", Verdict.PASS)
    written(tmp_path / "bad.ndjson", Verdict.FAIL)
    written(tmp_path / "cut.ndjson", Verdict.PASS, footer=False)
    return tmp_path


@pytest.fixture
def run(files: Path) -> Run:
    """Return a function that runs `report` beside these files."""
    return partial(commands.run, files, "report")


def test_file_alone_is_shown_with_the_status_of_its_run(run: Run):
    good, bad = run("good.ndjson"), run("bad.ndjson")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert "The target conforms" in good.stdout
    assert "FAIL job-info.unknown-id" in bad.stdout


def test_views_are_written_to_files_and_to_standard_output(run: Run, files: Path):
    done = run("bad.ndjson", "--html", "out/r.html", "--sarif", "r.sarif", "--badge", "b.json", "--markdown", "-")
    assert done.returncode == 1
    assert done.stdout.startswith("## The target deviates")
    assert "<h1>" in (files / "out/r.html").read_text(encoding="utf-8")
    assert json.loads((files / "r.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert json.loads((files / "b.json").read_text(encoding="utf-8"))["color"] == "red"


def test_run_that_broke_off_says_so_in_its_views_and_is_undecided(run: Run):
    done = run("cut.ndjson", "--junit", "-")
    assert done.returncode == 5
    assert "cut.ndjson is incomplete" in done.stderr
    assert "The run broke off after 1 of 1 checks" in done.stdout


@pytest.mark.parametrize(
    ("text", "status"), [("", 5), ("nonsense\n", 2), ("nonsense", 2), ('{"event": "check-started", "id": "a"}\n', 2)]
)
def test_file_that_is_no_report_is_one_sentence(run: Run, files: Path, text: str, status: int):
    (files / "other").write_text(text, encoding="utf-8")
    done = run("other")
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("seatunnel-v2: other is ")
    assert "Traceback" not in done.stderr


def test_file_that_is_not_there_or_can_not_be_written_is_usage(run: Run):
    assert run("missing.ndjson").returncode == 2
    assert run("good.ndjson", "--html", "good.ndjson/r.html").returncode == 2
    full = run("good.ndjson", "--html", "/dev/full")
    assert (full.returncode, full.stderr.count("No space left on device")) == (2, 1)


def test_diff_ends_with_1_for_regressions_only(run: Run):
    worse, better = run("diff", "good.ndjson", "bad.ndjson"), run("diff", "bad.ndjson", "good.ndjson")
    assert (worse.returncode, better.returncode) == (1, 0)
    assert "  MUST    job-info.unknown-id  pass -> fail" in worse.stdout
    assert "fixed (1)" in better.stdout


def test_diff_is_read_by_machines(run: Run):
    plain = json.loads(run("diff", "good.ndjson", "bad.ndjson", "--format", "json").stdout)
    assert [change["kind"] for change in plain["changes"]] == ["broke"]
    assert run("diff", "good.ndjson", "bad.ndjson", "--format", "markdown").stdout.startswith("## 1 regression.")
    assert run("diff", "good.ndjson", "bad.ndjson", "--format", "xml").returncode == 2
