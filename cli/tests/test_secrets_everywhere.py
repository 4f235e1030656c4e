"""Every command, asked of a target that echoes credentials in every form, leaves them in nothing that it writes."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from encoders import BY_LETTER
from throwaway import Handler, listening
from typer.testing import CliRunner

from seatunnel_conformance.arrange import settings
from seatunnel_conformance.report.formats import FORMATS
from seatunnel_conformance.text.redaction import HIDDEN
from seatunnel_v2.exits import ExitStatus
from seatunnel_v2.main import app
from seatunnel_v2.messages import Progress

USER, PASSWORD, TOKEN = "ann", 'pl4nted/s3cret+"w\u00f6rd', "pl4nted.bearer-t0ken"
KEY, COOKIE, PROXY_PASSWORD = "pl4nted k3y", "session=pl4nted%20c00kie", "pl4nted-pr0xy"
PAIR = f"{USER}:{PASSWORD}"
ENCODED = [base64.b64encode(text.encode()).decode() for text in (PAIR, f"pr:{PROXY_PASSWORD}")]
TELLING = ("pl4nted", "s3cret", "t0ken", "k3y", "c00kie", "pr0xy", *(text[:12].lower() for text in ENCODED))
"""What is in lower case in every form of a secret, cut off or not."""

ESCAPED = tuple(encode(text).lower() for encode in BY_LETTER.values() for text in TELLING)
"""The same in every escape."""

SECRET = {"Authorization", "Proxy-Authorization", "X-Api-Key", "Cookie"}

RUN = "a1b2c3"
OWN = f"conformance-{RUN}-1"


@cache
def forms(value: str) -> list[str]:
    """Return what an echo can make of a header's value; JSON escapes them, too. Others: `test_redaction.py`."""
    found = [value, value.upper(), quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)]
    if value.startswith("Basic "):
        pair = base64.b64decode(value.removeprefix("Basic ")).decode()
        found += [pair, pair.upper(), pair.partition(":")[2], json.dumps(json.dumps(pair))]
    return [*found, base64.b64encode(f"X: {value}, and more".encode()).decode()]


class Echo(Handler):
    """Answers with everything that it is asked, wherever an answer can hold something."""

    heard: list[Mapping[str, str]]
    known: Mapping[str, str] = {}

    def echo(self) -> None:
        self.content()
        fields = dict(self.headers.items())
        self.heard.append(fields)
        told = [form for name, value in fields.items() if name in SECRET for form in forms(value)] or ["nothing"]
        known = {"projectVersion": told[0], "jobId": told[0], **self.known}
        document = {**known, "echo": told, **dict.fromkeys(told, 1), "x" * 580: told[0]}
        listed = [known] if urlsplit(self.path).path == "/running-jobs" and self.known else document
        latin = [form.encode().decode("latin-1") for form in told]
        self.respond(listed, 500 if self.command == "POST" else 200, X_Echo="; ".join(latin), Allow=latin[-1])

    do_GET = do_POST = do_HEAD = do_OPTIONS = do_PUT = do_DELETE = echo


class Mute(Handler):
    """Answers nothing of interest, but is identified as the API."""

    def do_GET(self) -> None:
        self.respond({"projectVersion": ""})


@pytest.fixture
def heard() -> list[Mapping[str, str]]:
    return []


@pytest.fixture
def echo(heard: list[Mapping[str, str]]) -> Iterator[str]:
    with listening(type("Fresh", (Echo,), {"heard": heard})) as url:
        yield url


@pytest.fixture
def running(heard: list[Mapping[str, str]]) -> Iterator[str]:
    """As `echo`, and the answers show a job of the run that runs."""
    known = {"jobName": OWN, "jobStatus": "RUNNING"}
    with listening(type("Fresh", (Echo,), {"heard": heard, "known": known})) as url:
        yield url


@pytest.fixture
def mute() -> Iterator[str]:
    with listening(Mute) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a command, which is searched afterwards; journals are kept in it, too."""
    found = tmp_path / "work"
    found.mkdir()
    monkeypatch.chdir(found)
    monkeypatch.setattr(settings, "state_folder", lambda: found / "journals")
    monkeypatch.setenv("COLUMNS", "100")
    return found


@pytest.fixture(params=["basic", "bearer", "address"])
def credentials(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The options that give credentials; those of `address` stand in the address itself."""
    (tmp_path / "headers").write_text(f"X-Api-Key: {KEY}\nCookie: {COOKIE}\n", encoding="utf-8")
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    monkeypatch.setenv("SEATUNNEL_PASSWORD", PASSWORD)
    further = ("--header-file", str(tmp_path / "headers"))
    basic, bearer = ("--basic-auth", USER), ("--bearer-token-file", str(tmp_path / "token"))
    return {"basic": (*basic, *further), "bearer": (*bearer, *further), "address": ("address",)}[request.param]


class Ran:
    """A command that has run: how it ended, and what it has left."""

    def __init__(self, folder: Path, credentials: tuple[str, ...], command: str, url: str, *options: str) -> None:
        if credentials == ("address",):
            url = url.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")
            credentials = ()
        done = CliRunner().invoke(app, [command, url, *options, *credentials])
        self.status, self.stdout = done.exit_code, done.stdout
        self.left = left_in(folder, stdout=done.stdout, stderr=done.stderr)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception

    def require_clean(self) -> None:
        """Find no secret, although they came back and were hidden."""
        assert secrets_in(self.left) == []
        assert any(HIDDEN in text for text in self.left.values()), self.left


def left_in(folder: Path, **texts: str) -> dict[str, str]:
    """Return texts, and those of the files in a folder by name; the names are artefacts, too."""
    files = {str(path): path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()}
    return {**texts, "files": "\n".join(files), **files}


def secrets_in(left: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the secrets in texts: the name of the text, the secret, and what is around it."""
    return [
        (name, secret, text[max(0, text.index(secret) - 60) :][:120])
        for name, text in zip(left, map(str.lower, left.values()), strict=True)
        for secret in {*TELLING, *ESCAPED}
        if secret in text
    ]


def recording(folder: Path, *paths: str) -> str:
    exchange = {"status": 200, "headers": {}, "body": {"kind": "json", "value": {"echo": 7}}, "note": {}}
    steps = [{"id": path, "request": {"method": "GET", "path": path}} for path in paths]
    lines = [{"area": "a", "scenario": step["id"], "step": step, "exchange": exchange} for step in steps]
    file = folder / "own.ndjson"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return str(file)


def remains(folder: Path, url: str) -> None:
    (folder / "journals").mkdir()
    head = {"event": "run", "url": url, "run": RUN, "pid": 2**22 + 1, "since": 1.5, "format": 1}
    (folder / "journals" / "j.ndjson").write_text(f"{json.dumps(head)}\n", encoding="utf-8")


def test_replay(echo: str, folder: Path, credentials: tuple[str, ...]):
    ran = Ran(folder, credentials, "replay", echo, "--failures", "--recordings", recording(folder, "/overview"))
    assert ran.status == ExitStatus.DEVIATES
    ran.require_clean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("credentials", "kind"), [("basic", "text"), ("address", "json"), ("bearer", "json")], indirect=["credentials"]
)
def test_compare(echo: str, mute: str, folder: Path, credentials: tuple[str, ...], kind: str):
    options = ("--profile", "smoke", "--only", "job-info/letters", "--format", kind)
    if credentials == ("address",):
        mute = mute.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")
    ran = Ran(folder, credentials, "compare", echo, mute, *options)
    assert ran.status == ExitStatus.DEVIATES, ran.left["stderr"]
    ran.require_clean()


ONLY_READS = ("--release", "2.3.10", "--only", "job-info/l*", "-o", "r.ndjson")


def test_record(echo: str, folder: Path, credentials: tuple[str, ...]):
    ran = Ran(folder, credentials, "record", echo, *ONLY_READS)
    assert "r.ndjson" in str(ran.left.keys()), ran.left["stderr"]
    ran.require_clean()
    again = Ran(folder, credentials, "replay", echo, "--recordings", "r.ndjson")
    assert again.status == ExitStatus.OK, "what is hidden is hidden on both sides"


def test_part_of_a_recording_that_was_killed(
    echo: str, folder: Path, credentials: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "show", kill)
    ran = Ran(folder, credentials, "record", echo, *ONLY_READS)
    assert [Path(name).name for name in ran.left if name.endswith(".part")] == ["r.ndjson.part"]
    ran.require_clean()


@pytest.mark.slow
def test_doctor(echo: str, folder: Path, credentials: tuple[str, ...]):
    ran = Ran(folder, credentials, "doctor", echo)
    assert ran.status == ExitStatus.OK, ran.left["stderr"]
    ran.require_clean()


def test_cleanup(running: str, folder: Path, credentials: tuple[str, ...]):
    remains(folder, running)
    ran = Ran(folder, credentials, "cleanup", running)
    assert (ran.status, "could not be stopped" in ran.stdout) == (ExitStatus.UNDECIDED, True)
    # A job whose id is a secret is no job that could be named, so nothing comes back that would be hidden.
    assert secrets_in(ran.left) == []


CHECKS = tuple(f"--only={name}" for name in ("job-info.unknown-id", "http.head", "GET /overview", "submit-job.own-id"))


@pytest.mark.slow
def test_conform(echo: str, folder: Path, credentials: tuple[str, ...]):
    reports = [f"--report-{name}={folder / name}" for name in FORMATS]
    kept = ["--journal", str(folder / "kept"), "--write-baseline", "known.yaml"]
    ran = Ran(folder, credentials, "conform", echo, "--seed", "1", "--wait", "1", *CHECKS, *reports, *kept)
    assert ran.status == ExitStatus.DEVIATES, ran.left["stderr"]
    assert {str(folder / name) for name in (*FORMATS, "known.yaml")} <= ran.left.keys()
    assert ('-u "ann:$SEATUNNEL_PASSWORD"' in ran.stdout) is ("--bearer-token-file" not in credentials)
    ran.require_clean()
    for command in (["report", "ndjson"], ["report", "diff", "ndjson", "ndjson"], ["report", "trend", "ndjson"]):
        shown = CliRunner().invoke(app, command).output.lower()
        assert [secret for secret in TELLING if secret in shown] == []


@pytest.mark.slow
@pytest.mark.parametrize("credentials", ["basic"], indirect=True)
def test_faults(echo: str, folder: Path, credentials: tuple[str, ...]):
    options = (
        "--release",
        "2.3.10",
        "--profile",
        "smoke",
        "--only",
        "unknown-id-is-*",
        "--wait",
        "1",
        "--generated",
        "0",
    )
    ran = Ran(folder, credentials, "faults", echo, *options, "--report-ndjson", "faults.ndjson")
    assert "faults.ndjson" in str(ran.left.keys()), ran.left["stderr"]
    assert secrets_in(ran.left) == []


@pytest.mark.slow
@pytest.mark.parametrize("credentials", ["basic"], indirect=True)
def test_every_request_of_schemathesis_has_the_credentials(
    echo: str, heard: list[Mapping[str, str]], folder: Path, credentials: tuple[str, ...]
):
    only = ("--seed", "1", "--only", "GET /log", "--only", "POST /update-tags")
    assert Ran(folder, credentials, "conform", echo, *only).status == ExitStatus.DEVIATES
    # The client sends the header in UTF-8, which the server reads as ISO-8859-1.
    wanted = {"Authorization": f"Basic {ENCODED[0]}", "X-Api-Key": KEY}.items()
    assert [fields for fields in heard if not wanted <= fields.items()] == []


@pytest.mark.slow
@pytest.mark.parametrize("credentials", ["basic"], indirect=True)
def test_pytest_with_all_its_details(echo: str, folder: Path, credentials: tuple[str, ...]):
    (folder / "conftest.py").touch()
    given = [word.replace("--", "--seatunnel-", 1) for word in (*credentials, "--wait", "1", *CHECKS)]
    plugins = ("-p", "seatunnel_conformance.run.plugin", "-p", "no:cacheprovider")
    shown = ("-vv", "--showlocals", "--full-trace", "--junit-xml=own.xml")
    command = [sys.executable, "-m", "pytest", *plugins, *shown, f"--seatunnel-url={echo}", *given]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "FAILED" in done.stdout, done.stderr
    assert secrets_in(left_in(folder, stdout=done.stdout, stderr=done.stderr)) == []


@pytest.mark.slow
@pytest.mark.parametrize("credentials", ["basic", "address"], indirect=True)
@pytest.mark.parametrize("options", [("--ca-file", "no-such"), ("--only", "nothing-at-all"), ("--header", KEY)])
def test_message(echo: str, folder: Path, credentials: tuple[str, ...], options: tuple[str, ...]):
    ran = Ran(folder, credentials, "conform", echo, *options)
    assert (ran.status in {ExitStatus.USAGE, ExitStatus.NOTHING_SELECTED}, secrets_in(ran.left)) == (True, [])


@pytest.mark.parametrize("credentials", ["address"], indirect=True)
def test_dead_target(folder: Path, credentials: tuple[str, ...]):
    ran = Ran(folder, credentials, "conform", "http://127.0.0.1:1")
    assert (ran.status, secrets_in(ran.left)) == (ExitStatus.UNREACHABLE, [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "options"), [("doctor", ()), ("cleanup", ()), ("conform", ("--profile", "smoke", *CHECKS))]
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_proxy(  # noqa: PLR0913, PLR0917 - fixtures
    running: str,
    heard: list[Mapping[str, str]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    options: tuple[str, ...],
    by: str,
):
    address = running.replace("//", f"//pr:{PROXY_PASSWORD}@")
    monkeypatch.setenv("http_proxy", address)
    given = ("--proxy", address) if by == "option" else ()
    if command == "conform":
        options = (*options, "--report-ndjson", "ndjson", "--max-time", "60")
    remains(folder, "http://seatunnel.invalid:8080")
    ran = Ran(folder, given, command, "http://seatunnel.invalid:8080", *options)
    assert heard[0]["Proxy-Authorization"] == f"Basic {ENCODED[1]}"
    assert secrets_in(ran.left) == []
    if command != "cleanup":
        ran.require_clean()


@pytest.mark.slow
def test_rehearse(folder: Path):
    secret = {"name": "Authorization", "value": f"Basic {ENCODED[0]}"}
    body = json.dumps({"env": {"job.mode": "BATCH"}, "source": [{"password": PASSWORD}], "transform": [], "sink": []})
    asked: list[dict[str, Any]] = [
        {
            "method": "GET",
            "url": f"http://{USER}:{quote(PASSWORD, safe='')}@h/overview?token=pl4nted",
            "headers": [secret],
        },
        {"method": "POST", "url": "http://h/encrypt-config", "headers": [secret], "postData": {"text": body}},
        {"method": "GET", "url": "http://h/elsewhere?password=pl4nted", "headers": []},
    ]
    (folder.parent / "log.har").write_text(
        json.dumps({"log": {"entries": [{"request": one} for one in asked]}}), "utf-8"
    )
    for kind in ("text", "json", "markdown"):
        options = ("--to", "2.3.10", "--client-log", str(folder.parent / "log.har"), "--no-play", "--format", kind)
        ran = CliRunner().invoke(app, ["rehearse", "--from", "2.3.9", *options])
        assert ran.exit_code in {ExitStatus.OK, ExitStatus.DEVIATES}, ran.output
        assert [secret for secret in TELLING if secret in ran.output.lower()] == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("address", ["pl4nted:s3cret@elsewhere.invalid", "http://pl4nted:s3@cret@elsewhere.invalid"])
@pytest.mark.parametrize("command", [("replay",), ("record", "-o", "r"), ("compare", "http://127.0.0.1:9")])
def test_address_that_is_refused(address: str, command: tuple[str, ...]):
    for url in (address, f"{address}?x"):
        done = CliRunner().invoke(app, [*command, url])
        assert done.exit_code in {ExitStatus.USAGE, ExitStatus.UNREACHABLE}
        assert [secret for secret in (*TELLING, "cret") if secret in done.output.lower().replace("secret", "s")] == []
