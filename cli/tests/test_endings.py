"""What goes wrong before anything is checked is a sentence and a status, whichever command was called."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from commands import command as started_by
from commands import run
from other_services import Service, http_server
from typer.testing import CliRunner, Result

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app

pytestmark = pytest.mark.slow

FULL = Path("/dev/full")
DEAD = "http://127.0.0.1:1"

CALLS = {
    "conform": ("conform",),
    "doctor": ("doctor",),
    "cleanup": ("cleanup",),
    "faults": ("faults",),
    "compare": ("compare", "reference:2.3.10"),
    "learn": ("learn", "-o", "own.yaml"),
    "record": ("record", "-o", "own.ndjson"),
    "replay": ("replay", "--release", "2.3.10"),
}
"""Each command that asks a deployment, but for its address."""


def sentence(done: subprocess.CompletedProcess[str] | Result) -> str:
    """What was complained about: one line, perhaps with a hint."""
    said, *hint = done.stderr.split("\n\nhint: ")
    assert said.startswith("seatunnel-v2: ")
    assert len(said.splitlines()) == 1, done.stderr
    assert len(hint) <= 1
    return said


@pytest.mark.parametrize("command", CALLS)
def test_address_that_is_none_is_said_so(command: str):
    for address in ("", "htp://localhost", "http://127.0.0.1:99999", "http://[::1", "http://a..b"):
        done = CliRunner().invoke(app, [*CALLS[command], address])
        assert (done.exit_code, "is not the address of an API" in sentence(done)) == (ExitStatus.USAGE, True)


@pytest.mark.parametrize("command", [name for name in CALLS if name != "cleanup"])
def test_dead_port_is_unreachable(command: str, tmp_path: Path):
    done = run(tmp_path, *CALLS[command], DEAD)
    assert sentence(done) == f"seatunnel-v2: {DEAD} can't be reached: Connection refused"
    assert "\n\nhint: " in done.stderr
    assert done.returncode == ExitStatus.UNREACHABLE


@pytest.mark.parametrize("command", [name for name in CALLS if name != "cleanup"])
def test_web_server_is_told_from_the_api_by_a_few_reads(command: str, tmp_path: Path):
    with http_server(tmp_path) as (url, requests):
        done = run(tmp_path, *CALLS[command], url)
        assert done.returncode == ExitStatus.UNREACHABLE
        assert sentence(done).startswith(f"seatunnel-v2: {url} is not SeaTunnel's REST API V2: ")
        assert 0 < len(requests()) <= 12
        assert not any('"POST' in line for line in requests())
    assert not (tmp_path / "own.ndjson").exists()


DEPLOYMENT = {"/overview": b'{"projectVersion": "2.3.10"}'}
"""What a deployment on this machine has that is no reference server: it could be the end of a tunnel."""


@pytest.mark.parametrize("command", ["record", "replay"])
def test_deployment_on_this_machine_is_sent_no_jobs_without_permission(command: str, tmp_path: Path):
    service = Service(lambda path: (200, "application/json", DEPLOYMENT.get(path, b"{}")))
    with service.serve() as url:
        done = run(tmp_path, *CALLS[command], "--release", "2.3.10", url)
    assert (done.returncode, "--allow-writes permits it" in done.stderr) == (ExitStatus.USAGE, True)
    assert "which is not a reference server" in sentence(done)
    assert service.changing == 0


def test_run_on_this_machine_only_reads_without_permission_and_says_so(tmp_path: Path):
    options = ("--only", "*.*", "--only", "POST /*", "--skip", "GET *")
    service = Service(lambda path: (200, "application/json", DEPLOYMENT.get(path, b"{}")))
    with service.serve() as url:
        done = run(tmp_path, "conform", url, "--release", "2.3.10", "--max-time", "20", *options)
        shown = run(tmp_path, "doctor", url, "--release", "2.3.10")
    assert re.search(
        r"^the target is only read: \d+ of \d+ checks would change it and are skipped; --allow", done.stderr
    )
    assert service.changing == 0
    assert "none: the target would only be read; --allow-writes allows jobs" in shown.stdout


@pytest.mark.parametrize(
    "words", [("ledger", "--release", "2.3.9"), ("deviations",), ("spec", "--release", "2.3.9"), ("doctor",)]
)
@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no disk that is always full")
def test_full_disk_under_standard_output_is_said_so(words: tuple[str, ...]):
    with FULL.open("w", encoding="utf-8") as full:
        done = subprocess.run(
            started_by(*words), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == ExitStatus.USAGE
    assert done.stderr == "seatunnel-v2: standard output can't be written: No space left on device\n"


def test_reader_that_goes_away_changes_no_verdict():
    words = ["conform", "--serve", "--profile", "smoke", "--only", "job-info.unknown-id"]
    with subprocess.Popen(started_by(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (ExitStatus.OK, "")


def test_results_to_go_on_with_have_to_be_there(tmp_path: Path):
    done = run(tmp_path, "faults", "--only", "unknown-id-is-404", "--generated", "0", "--resume", "nowhere.ndjson")
    assert (done.returncode, sentence(done).count("nowhere.ndjson")) == (ExitStatus.USAGE, 1)
    assert not (tmp_path / "nowhere.ndjson").exists()


WITHOUT_JOURNAL = ("conform", "--serve", "--only", "job-info.*", "--journal", "taken/journal.ndjson")


def test_journal_that_can_not_be_kept_is_told_before_anything_is_changed(tmp_path: Path):
    (tmp_path / "taken").touch()
    done = run(tmp_path, *WITHOUT_JOURNAL)
    assert (done.returncode, sentence(done).count("taken/journal.ndjson")) == (ExitStatus.USAGE, 1)


def test_run_against_a_server_that_stops_with_it_needs_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert run(tmp_path, "conform", "--serve", "--only", "overview.members").returncode == ExitStatus.OK
    assert list(tmp_path.iterdir()) == []


def test_run_that_changes_nothing_needs_no_journal(tmp_path: Path):
    (tmp_path / "taken").touch()
    assert run(tmp_path, *WITHOUT_JOURNAL, "--profile", "read-only").returncode == ExitStatus.OK


@pytest.mark.parametrize("option", ["--resume", "--report-ndjson"])
def test_file_that_is_no_stream_of_results_is_said_so(option: str, tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\n")
    given = {"--resume": "binary", "--report-ndjson": "."}[option]
    done = run(tmp_path, "faults", "--only", "unknown-id-is-404", "--generated", "0", option, given)
    assert (done.returncode, len(sentence(done)) > len("seatunnel-v2: ")) == (ExitStatus.USAGE, True)


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no disk that is always full")
def test_results_that_can_not_be_written_end_the_faults(tmp_path: Path):
    few = ("--only", "unknown-id-is-404", "--generated", "0", "--profile", "smoke")
    done = run(tmp_path, "faults", *few, "--report-ndjson", str(FULL))
    assert (done.returncode, "No space left" in sentence(done)) == (ExitStatus.USAGE, True)


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no disk that is always full")
def test_report_that_can_not_be_written_is_not_listed(tmp_path: Path):
    few = ("--serve", "--profile", "smoke", "--only", "job-info.unknown-id")
    done = run(tmp_path, "conform", *few, "--report-html", str(FULL), "--report-junit", "report.xml")
    assert sentence(done).rstrip() == f"seatunnel-v2: the report {FULL} could not be written: No space left on device"
    assert "  junit: report.xml" in done.stdout
    assert str(FULL) not in done.stdout


@pytest.mark.skipif(not FULL.is_char_device(), reason="this system has no disk that is always full")
def test_file_on_a_full_disk_is_said_so_without_a_traceback(tmp_path: Path):
    done = run(tmp_path, "try-client", "--scenario", "unknown-id", "--traffic", str(FULL), "--", "true")
    assert done.stderr.endswith("\nseatunnel-v2: a file can't be written: No space left on device\n")
    assert done.returncode == ExitStatus.USAGE


def test_device_is_not_replaced_by_a_recording(tmp_path: Path):
    pipe = tmp_path / "pipe"
    # A recording is put in the place of a file as a whole; in the place of `/dev/null` it would harm the machine.
    os.mkfifo(pipe)
    done = run(tmp_path, "record", "reference:2.3.10", "--only", "overview/plain", "-o", str(pipe))
    assert (done.returncode, "is not a regular file" in sentence(done)) == (ExitStatus.USAGE, True)
    assert pipe.is_fifo()


def test_baseline_that_is_missing_is_named_once(tmp_path: Path):
    done = run(tmp_path, "conform", "--serve", "--profile", "smoke", "--baseline", "nowhere.yaml")
    assert (done.returncode, sentence(done).count("nowhere.yaml")) == (ExitStatus.USAGE, 1)


def test_usage_error_has_one_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SEATUNNEL_PASSWORD", "x")
    done = run(tmp_path, "conform", "https://cluster", "--insecure", "--basic-auth", "u")
    assert (done.returncode, "hint" in sentence(done)) == (ExitStatus.USAGE, False)
    assert done.stderr.endswith("\n\nhint: --ca-file also accepts the target's own certificate\n")
