"""No server reads a second request from the bytes of one, whatever its parts contain."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from throwaway import Handler, listening
from typer.testing import CliRunner

from seatunnel_conformance.arrange.options import DEFAULTS
from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.replay import BrokenRecording, Recording
from seatunnel_conformance.replay.player import Player
from seatunnel_conformance.replay.sender import Sender
from seatunnel_conformance.target.ambiguity import NotOneRequest
from seatunnel_conformance.target.connection import parse_connection
from seatunnel_conformance.target.deployment import Target
from seatunnel_v2.main import app

BODY = '{"jobId": "7"}'
HIDDEN = f"POST /stop-job HTTP/1.1\r\nHost: h\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
"""A second request, as a recording of a stranger could hide it."""

READ = {"method": "GET", "path": "/overview"}
SMUGGLING: dict[str, dict[str, Any]] = {
    "header": {**READ, "headers": {"X-Note": f"1\r\n\r\n{HIDDEN}"}},
    "header name": {**READ, "headers": {f"X: 1\r\n\r\n{HIDDEN}": ""}},
    "path": {**READ, "path": f"/overview HTTP/1.1\r\nHost: h\r\n\r\n{HIDDEN}"},
    "version": {**READ, "httpVersion": f"1.1\r\nHost: h\r\n\r\n{HIDDEN}"},
    "method": {**READ, "method": f"GET /overview HTTP/1.1\r\nHost: h\r\n\r\n{HIDDEN}\r\n\r\nGET"},
    "line feed": {**READ, "headers": {"X-Note": f"1\n\n{HIDDEN}"}},
    "nul": {**READ, "headers": {"X-Note": "1\0"}},
    "surrogate": {**READ, "headers": {"X-Note": "\ud800"}},
    "length": {**READ, "headers": {"content-length": "0"}, "body": HIDDEN},
    "no length": {**READ, "headers": {"Content-Length": "abc"}, "body": HIDDEN},
    "length of the next one": {**READ, "headers": {"Content-Length": "60"}},
    "coding": {**READ, "headers": {"Transfer-Encoding": "chunked"}, "body": f"0\r\n\r\n{HIDDEN}"},
    "chunks and length": {**READ, "method": "PUT", "chunked": True, "headers": {"Content-Length": "5"}, "body": HIDDEN},
    "chunks of 1.0": {**READ, "method": "PUT", "chunked": True, "httpVersion": "1.0", "body": HIDDEN},
    "body of a read": {**READ, "body": HIDDEN},
}


class Counting(Handler):
    """Keeps the method of each request that it reads from its connections."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append("GET")
        self.respond({"projectVersion": "2.3.9", "next": f"7\r\n\r\n{HIDDEN}", "member": '", "method": "POST", "a": "'})

    def do_POST(self) -> None:
        self.seen.append("POST")
        self.respond({})


@pytest.fixture
def url() -> Iterator[str]:
    with listening(type("Listening", (Counting,), {"seen": Counting.seen})) as address:
        Counting.seen.clear()
        yield address


def written(folder: Path, *requests: dict[str, Any], **step: Any) -> Path:
    file = folder / "stranger.ndjson"
    steps = [{"id": f"{number}", "request": request, **step} for number, request in enumerate(requests)]
    lines = [{"area": "a", "scenario": "s", "step": each, "exchange": None} for each in steps]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


@pytest.mark.parametrize("request_", SMUGGLING.values(), ids=SMUGGLING)
def test_recording_of_a_stranger_hides_no_request(url: str, tmp_path: Path, request_: dict[str, Any]) -> None:
    file = written(tmp_path, request_)
    with pytest.raises(BrokenRecording):
        Recording.load(file)
    done = CliRunner().invoke(app, ["replay", url, "--recordings", str(file)])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises((NotOneRequest, UnicodeEncodeError)):
        Sender(url).send(request_, keep=False)
    assert "POST" not in Counting.seen


@pytest.mark.parametrize("name", ["next", "member"])
def test_value_that_the_target_has_sent_stays_a_text(url: str, tmp_path: Path, name: str) -> None:
    file = written(tmp_path, READ, {**READ, "path": "/{{it}}"}, capture={"it": f"/{name}"})
    (scenario,) = Recording.load(file)
    played = [exchange for _, exchange in Player(Sender(url)).play(scenario)]
    assert "its path has a line break" in played[1]["error"]
    assert Counting.seen == ["GET"]


@pytest.mark.parametrize("headers", [{"X-Note": "1\r\nX: 2"}, {"X-Note": "\x01"}, {"X\n": "1"}])
def test_check_sends_no_second_request_either(url: str, headers: dict[str, str]) -> None:
    with Target(url) as target, pytest.raises(NotOneRequest):
        target.get("/overview", headers=headers)
    assert Counting.seen == []


@pytest.mark.parametrize("header", ["X-Note: 1\x01", "X-Note: 1\x7f"])
def test_header_option_with_a_control_character_is_refused(header: str) -> None:
    given = {**DEFAULTS, "header": [header]}
    with pytest.raises(InvalidSettings, match="can't be sent"):
        parse_connection(given.__getitem__, "http://localhost:1", environment={})
