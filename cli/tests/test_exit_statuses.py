"""The exit statuses as a table: what is documented, and every ending of `conform` provoked in real processes."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest
from commands import command, run
from throwaway import Handler, listening
from typer.testing import CliRunner

from seatunnel_conformance.report.events import CheckStarted, Report
from seatunnel_conformance.run import runner
from seatunnel_v2.commands import conform
from seatunnel_v2.exits import ExitStatus, statuses_of
from seatunnel_v2.main import app

README = Path(__file__).parents[2] / "README.md"

OVERVIEW = {"projectVersion": "2.3.9"}


class Broken(Handler):
    """Answers `{}` to everything but the overview, by which it is identified."""

    def do_GET(self) -> None:
        self.respond(OVERVIEW if self.path == "/overview" else {})


class Teapot(Handler):
    """Answers everything with an error of one status, which a test may change."""

    status = 418

    def do_GET(self) -> None:
        self.respond({"status": "fail", "message": ""}, self.status)


class Breaking(Handler):
    """Answers the first request, and hangs up on all others."""

    def do_GET(self) -> None:
        if self.path == "/overview":
            self.respond(OVERVIEW)
        self.close_connection = True


class Hanging(Handler):
    """Answers the first request, and never the others, until the test is over."""

    over = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/overview":
            self.respond(OVERVIEW)
        else:
            self.over.wait(60)
            self.close_connection = True


class Slow(Handler):
    """Is asked, and does not answer until the test is over."""

    asked = threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        Hanging.over.wait(60)
        self.close_connection = True


@contextmanager
def serving(handler: type[Handler]) -> Iterator[str]:
    with listening(handler) as url:
        yield url
        Hanging.over.set()


def status_of(*words: str) -> ExitStatus:
    done = run(None, "conform", *words)
    assert "Traceback" not in done.stderr
    return ExitStatus(done.returncode)


CHECK = ("--only", "job-info.unknown-id")


@pytest.mark.slow
def test_conforming_target_ends_with_0():
    assert status_of("--serve", "--profile", "smoke", *CHECK) is ExitStatus.OK


@pytest.mark.slow
def test_broken_target_ends_with_1():
    with serving(Broken) as url:
        assert status_of(url, *CHECK) is ExitStatus.DEVIATES


@pytest.mark.slow
def test_known_deviation_ends_with_0_and_a_stale_one_with_1(tmp_path: Path):
    known, stale = tmp_path / "known.yaml", tmp_path / "stale.yaml"
    known.write_text("job-info.unknown-id: It answers nothing at all.\n", encoding="utf-8")
    stale.write_text("overview.dynamic-slots: It was otherwise once.\n", encoding="utf-8")
    with serving(Broken) as url:
        assert status_of(url, *CHECK, "--baseline", str(known)) is ExitStatus.OK
        assert status_of(url, *CHECK, "--baseline", str(stale)) is ExitStatus.DEVIATES
    assert status_of("--serve", *CHECK, "--baseline", str(known)) is ExitStatus.DEVIATES


@pytest.mark.slow
def test_baseline_that_a_run_has_written_accepts_the_next_one_but_nothing_new(tmp_path: Path):
    known = str(tmp_path / "known.yaml")
    only = ("--profile", "smoke", "--only", "GET /overview")
    with serving(Teapot) as url:
        assert status_of(url, *only, "--write-baseline", known) is ExitStatus.DEVIATES
        assert status_of(url, *only, "--baseline", known, "--seed", "7") is ExitStatus.OK
        Teapot.status = 500
        assert status_of(url, *only, "--baseline", known) is ExitStatus.DEVIATES


@pytest.mark.slow
def test_broken_recommendations_alone_end_with_0():
    with serving(Broken) as url:
        done = run(None, "conform", url, "--profile", "smoke", "--only", "http.broken-query")
    assert done.returncode == ExitStatus.OK
    assert "NOT KEPT http.broken-query  SHOULD" in done.stdout
    assert re.search(r"\b0 failed, [1-9]\d* recommendations? not kept", done.stdout)


@pytest.mark.slow
def test_target_that_hangs_up_ends_with_5():
    with serving(Breaking) as url:
        assert status_of(url, *CHECK) is ExitStatus.UNDECIDED


@pytest.mark.slow
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_interrupted_run_ends_with_130_and_leaves_its_report(tmp_path: Path, signalled: signal.Signals):
    path = tmp_path / "report.ndjson"
    Hanging.over.clear()
    with serving(Hanging) as url:
        words = command(
            "conform", url, "--workers", "1", "--only", "overview.members", *CHECK, "--report-ndjson", str(path)
        )
        with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            until(lambda: path.is_file() and path.read_text(encoding="utf-8").count("check-started") == 2)
            process.send_signal(signalled)
            _, said = process.communicate(timeout=30)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert b"Traceback" not in said
    report = Report.read(path)
    assert (report.footer.exit, report.footer.missing) == (ExitStatus.INTERRUPTED, 1)


@pytest.mark.slow
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_command_that_is_interrupted_while_it_imports_ends_silently(signalled: signal.Signals):
    """The first import of the project sends the signal."""
    code = f"""
import os, sys
class Interrupting:
    def find_spec(self, name, *_):
        if name.startswith("seatunnel_") and not name.startswith("seatunnel_v2"):
            os.kill(os.getpid(), {int(signalled)})
sys.meta_path.insert(0, Interrupting())
from seatunnel_v2.__main__ import run
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (ExitStatus.INTERRUPTED, "")


@pytest.mark.slow
def test_run_that_is_interrupted_before_its_first_check_says_that_nothing_was_changed():
    Hanging.over.clear()
    Slow.asked.clear()
    with (
        serving(Slow) as url,
        subprocess.Popen(command("conform", url, *CHECK), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        until(Slow.asked.is_set)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert said == (
        b"seatunnel-v2: interrupted before the first check: the target was only read, and nothing was changed\n"
    )


CLEANUP = "\nhint: `seatunnel-v2 cleanup{}` stops jobs that it may have left\n"


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--serve"], ""),
        (["http://127.0.0.1:1"], CLEANUP.format("")),
        (["http://127.0.0.1:1", "--journal", "my own"], CLEANUP.format(" --journal 'my own'")),
    ],
    ids=["own", "other", "journal"],
)
def test_run_that_is_interrupted_twice_names_cleanup_for_a_deployment_only(
    options: list[str], hint: str, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(_: object, on_event: Callable[[CheckStarted], None], *__: object) -> NoReturn:
        on_event(CheckStarted("job-info.unknown-id"))
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    served = nullcontext(SimpleNamespace(urls=["http://127.0.0.1:1"]))
    monkeypatch.setattr(conform, "reference_cluster", lambda *_, **__: served)
    said = CliRunner().invoke(app, ["conform", *options]).stderr
    assert said == f"seatunnel-v2: interrupted: the run has no report\n{hint}"


@pytest.mark.slow
def test_learning_that_is_interrupted_writes_no_draft(tmp_path: Path):
    Hanging.over.clear()
    Slow.asked.clear()
    words = ("learn", "-o", str(tmp_path / "own.yaml"))
    with (
        serving(Slow) as url,
        subprocess.Popen(command(*words, url), stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        until(Slow.asked.is_set)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, b"Traceback" in said) == (ExitStatus.INTERRUPTED, False)
    assert list(tmp_path.iterdir()) == []


def until(seen: Callable[[], bool]) -> None:
    """Look until something is seen, for half a minute at the most."""
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def documented() -> dict[int, tuple[str, str]]:
    """Read the table of the README: what each status says of `conform` and of `serve`."""
    section = README.read_text(encoding="utf-8").partition("## Exit codes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| (.*?) ?\| (.*?) ?\|$", section.replace("`", ""), re.MULTILINE)
    return {int(status): (of_conform, of_serve) for status, of_conform, of_serve in rows}


def test_readme_documents_every_status():
    assert list(documented()) == [status.value for status in ExitStatus]


def test_readme_and_help_say_the_same():
    for command_name, column in (("conform", 0), ("serve", 1)):
        said = {status: cells[column] for status, cells in documented().items() if cells[column]}
        told = "; ".join(f"{status} {meaning}" for status, meaning in said.items())
        assert statuses_of(command_name) == f"Exit status: {told}."


def test_help_of_conform_tells_its_statuses():
    assert statuses_of("conform") in conform.EPILOG
    for status in (0, 1, 2, 3, 4, 5, 12, 130):
        assert re.search(rf"\b{status} [a-z]", statuses_of("conform"))
