"""`seatunnel-v2 cleanup` with journals that anybody may have written: named, never obeyed, and in nobody's way."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from throwaway import Handler, listening
from typer.testing import CliRunner, Result

from seatunnel_conformance.arrange import settings
from seatunnel_v2.commands import cleanup
from seatunnel_v2.exits import ExitStatus

RUN = "a1b2c3"
OWN, FOREIGN = ("111111111111111111", f"conformance-{RUN}-1"), ("222222222222222222", "payroll")


class Deployment(Handler):
    """Runs a job of the run and one of somebody else; `asked` are the requests that change something."""

    asked: list[tuple[str, Any]]
    heads: list[dict[str, str]]

    def do_GET(self) -> None:
        self.heads.append(dict(self.headers.items()))
        names = dict([OWN, FOREIGN])
        job_id = self.path.rpartition("/")[2]
        if job_id == "overview":
            self.respond({"runningJobs": 0, "pendingJobs": 0})
            return
        self.respond({"jobId": job_id, "jobName": names[job_id], "jobStatus": "RUNNING"} if job_id in names else [])

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.content())))
        self.respond({})


@pytest.fixture
def asked() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def heads() -> list[dict[str, str]]:
    return []


@pytest.fixture
def url(asked: list[tuple[str, Any]], heads: list[dict[str, str]]) -> Iterator[str]:
    with listening(type("Fresh", (Deployment,), {"asked": asked, "heads": heads})) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "state_folder", lambda: tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(cleanup.cleanup)
    return CliRunner().invoke(app, words)


def keep(folder: Path, url: str, *jobs: tuple[Any, Any], name: str = "good.ndjson", **head: Any) -> Path:
    first = {"event": "run", "url": url, "run": RUN, "pid": 2**22 + 1, "since": 1.5, "format": 1, **head}
    entries = [first, *({"event": "job", "id": job_id, "name": named} for job_id, named in jobs)]
    (folder / name).write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    return folder / name


def stopped(asked: list[tuple[str, Any]]) -> list[str]:
    return [sent["jobId"] for path, sent in asked if path == "/stop-job"]


def test_damaged_journals_are_named_and_hide_no_other(folder: Path, url: str, asked: list[tuple[str, Any]]):
    (folder / "a.ndjson").touch()
    (folder / "b.ndjson").write_bytes(bytes(range(256)))
    (folder / "c.ndjson").mkdir()
    (folder / "d.ndjson").symlink_to(folder / "d.ndjson")
    os.mkfifo(folder / "e.ndjson")
    (folder / "f.ndjson").write_text('{"event": "run", "run": "\\u001b[2J"}\n', encoding="utf-8")
    good = keep(folder, url, OWN)
    done = run()
    assert done.exit_code == ExitStatus.UNDECIDED, done.output
    assert (stopped(asked), good.exists()) == ([OWN[0]], False)
    told = done.stderr.split("\n\nhint: inspect the file, then remove it\n")
    assert told.pop() == ""
    assert [f"{name}.ndjson" in line for name, line in zip("abcdef", sorted(told), strict=True)] == [True] * 6
    assert run("--list").exit_code == ExitStatus.UNDECIDED


def test_jobs_of_others_are_not_touched(folder: Path, url: str, asked: list[tuple[str, Any]]):
    kept = keep(folder, url, FOREIGN, (FOREIGN[0], ""), (FOREIGN[0], OWN[1]), OWN)
    done = run()
    assert (done.exit_code, stopped(asked)) == (ExitStatus.UNDECIDED, [OWN[0]])
    assert "'payroll'" in done.stderr
    assert kept.exists(), "the rest of it is for somebody to look at"


@pytest.mark.parametrize("run_id", ["", "*", "conformance"])
def test_run_of_another_form_is_not_acted_on(folder: Path, url: str, asked: list[tuple[str, Any]], run_id: str):
    keep(folder, url, OWN, run=run_id)
    assert (run().exit_code, asked) == (ExitStatus.UNDECIDED, [])


def test_journal_of_another_target_is_not_acted_on(folder: Path, url: str, asked: list[tuple[str, Any]]):
    kept = keep(folder, "http://elsewhere:8080", OWN)
    done = run(url, "--journal", str(kept))
    assert (done.exit_code, asked, kept.exists()) == (ExitStatus.USAGE, [], True)
    assert "http://elsewhere:8080" in done.stderr


def test_credentials_go_to_no_address_that_only_a_journal_names(folder: Path, url: str, heads: list[dict[str, str]]):
    keep(folder, url, OWN)
    done = run("--header", "X-Api-Key: pl4nted-k3y")
    assert (done.exit_code, heads) == (ExitStatus.UNDECIDED, [])
    assert run(url, "--header", "X-Api-Key: pl4nted-k3y").exit_code == ExitStatus.OK
    assert {head["X-Api-Key"] for head in heads} == {"pl4nted-k3y"}


def test_nothing_of_a_journal_steers_the_terminal(folder: Path, url: str):
    evil = "\x1b]0;x\x07\u202e\x9b31m"
    keep(folder, url, (OWN[0], f"{OWN[1]}{evil}"), (FOREIGN[0], evil), name=f"{evil}.ndjson")
    keep(folder, f"{url}/{evil}", name="other.ndjson")
    for done in (run("--list"), run()):
        assert {letter for letter in done.output if not letter.isprintable()} <= {"\n"}
        assert "other.ndjson" in done.stderr


def test_journal_that_can_not_be_removed_is_said_so(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    keep(folder, url, OWN)
    monkeypatch.setattr(Path, "unlink", refuse)
    done = run()
    assert (done.exit_code, "can't be removed: Permission denied" in done.stdout) == (ExitStatus.UNDECIDED, True)


def test_list_says_what_cleanup_would_do(folder: Path, url: str, asked: list[tuple[str, Any]]):
    keep(folder, url, OWN)
    assert "the run has ended; cleanup would stop 1 job\n" in run("--list").stdout
    assert stopped(asked) == []
