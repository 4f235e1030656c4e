"""No command steers a terminal by what a target, a recording, a log or a report file holds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from throwaway import Handler, listening
from typer.testing import CliRunner

from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app
from seatunnel_v2.messages import fail

EVIL = "\x1b[2J\x1b]0;owned\x07 \x9b31m \x85 \u2028 \u202e\u2066 \u200f\ufeff \x7f\r\x00"


class Hostile(Handler):
    """Answers with letters that steer terminals wherever an answer can hold some."""

    def do_GET(self) -> None:
        document = {"projectVersion": f"2.3.10{EVIL}", EVIL: EVIL, "jobId": EVIL}
        # As they are, not as JSON escapes them; those below a blank JSON does not allow.
        raw = json.dumps(document, ensure_ascii=False)
        self.respond(raw.encode(), Allow=EVIL.encode().decode("latin-1").replace("\x00", "").replace("\r", ""))


class Leading(Handler):
    """Sends everybody to another place, whose name steers terminals."""

    def do_GET(self) -> None:
        self.respond(b"", 302, Location="http://elsewhere.invalid/" + "\u202e\x9b31m".encode().decode("latin-1"))


@pytest.fixture
def hostile() -> Iterator[str]:
    with listening(Hostile) as url:
        yield url


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "file"


def run(*words: str) -> tuple[int, str]:
    """Run a command, and return how it ended and what it printed; nothing of that may steer a terminal."""
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    output = done.stdout + done.stderr
    assert {letter for letter in output if not letter.isprintable()} <= {"\n"}
    return done.exit_code, output


def step(name: str, **more: Any) -> dict[str, Any]:
    exchange = {"status": 200, "headers": {"Allow": EVIL}, "body": {"kind": "json", "value": {"a": EVIL}}, "note": {}}
    told = {"id": name, "request": {"method": "GET", "path": "/overview"}, **more}
    return {"area": EVIL, "scenario": EVIL, "step": told, "exchange": exchange}


def test_doctor(hostile: str):
    status, output = run("doctor", hostile)
    assert (status, r"\x1b]0;owned" in output) == (ExitStatus.OK, True)


def test_replay(hostile: str, file: Path):
    file.write_text(f"{json.dumps(step(EVIL))}\n", encoding="utf-8")
    status, output = run("replay", hostile, "--recordings", str(file), "--failures")
    assert (status, r"\u202e" in output) == (ExitStatus.DEVIATES, True)


@pytest.mark.parametrize("kind", ["text", pytest.param("json", marks=pytest.mark.slow)])
def test_compare(hostile: str, kind: str):
    with listening(type("Other", (Hostile,), {"do_GET": lambda self: self.respond({"projectVersion": ""})})) as other:
        options = ("--profile", "smoke", "--only", "job-info/letters", "--format", kind)
        status, output = run("compare", hostile, other, *options)
    assert (status, r"\u202e" in output) == (ExitStatus.DEVIATES, True)


def test_record(hostile: str, file: Path):
    run("record", hostile, "-o", str(file), "--release", "2.3.10", "--only", "job-info/letters")
    kept = file.read_text(encoding="utf-8")
    assert {letter for letter in kept if not letter.isprintable()} == {"\n"}
    assert json.loads(kept)["exchange"]["body"]["value"][EVIL] == EVIL


def test_error_that_quotes_a_target():
    with listening(Leading) as url:
        status, output = run("doctor", url)
    assert (status, "elsewhere.invalid" in output) == (ExitStatus.UNREACHABLE, True)


@pytest.mark.parametrize("command", [("report",), ("report", "diff"), ("report", "trend")])
def test_file_that_is_no_report(file: Path, command: tuple[str, ...]):
    file.write_text(f'{{"event": "{json.dumps(EVIL)[1:-1]}"}}\n', encoding="utf-8")
    status, _ = run(*command, *([str(file)] * len(command)))
    assert status == ExitStatus.USAGE


def test_rehearse(file: Path):
    asked = [{"method": "GET", "url": f"http://h/{EVIL}", "headers": []}, {"method": "GET", "url": "http://h/overview"}]
    file.write_text(json.dumps({"log": {"entries": [{"request": one} for one in asked]}}), encoding="utf-8")
    for kind in ("text", "json", "markdown"):
        given = ("--from", "2.3.9", "--to", "2.3.10", "--client-log", str(file), "--no-play", "--format", kind)
        status, _ = run("rehearse", *given)
        assert status in {ExitStatus.OK, ExitStatus.DEVIATES}


def test_words_of_the_command_line(file: Path):
    for words in (("explain", EVIL), ("replay", "reference:2.3.10", "--only", EVIL), ("report", f"{file}{EVIL[:9]}")):
        assert run(*words)[0] in {ExitStatus.USAGE, ExitStatus.NOTHING_SELECTED}


def test_message_and_hint(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(Exception, match=r"^2$"):
        fail(ExitStatus.USAGE, EVIL, EVIL)
    assert {letter for letter in capsys.readouterr().err if not letter.isprintable()} == {"\n"}


@pytest.mark.parametrize("words", [(), ("--format", "json"), ("--mermaid",), ("--svg",), ("--plan",)])
def test_checked_job(file: Path, words: tuple[str, ...]):
    source = {"plugin_name": "FakeSource", "plugin_output": EVIL, "schema": {"table": EVIL, "fields": {"a": "string"}}}
    for plugin in (source, {**source, "plugin_name": EVIL}):
        job = {"env": {EVIL: 1}, "source": [plugin], "sink": [{"plugin_name": "Console"}]}
        file.write_text(json.dumps(job), encoding="utf-8")
        run("check", str(file), *words)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_linted_page(file: Path, form: str):
    page = f"`GET /{EVIL.replace(' ', '')}`\n\n```sh\ncurl h/overview{EVIL} -d '{EVIL}'\n```\n"
    file.write_text(page, encoding="utf-8")
    run("docs-lint", str(file), "--format", form)
