"""Replaying: what of an answer counts, and that a difference is seen."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from throwaway import Handler, listening

from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.replay import Address, BrokenRecording, Recording, replay
from seatunnel_conformance.replay.normalise import Normaliser, differences
from seatunnel_conformance.replay.player import Player
from seatunnel_conformance.replay.sender import Sender
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.redaction import Secret
from seatunnel_openapi.files import UnusableFile

JSON = [("Content-Type", "application/json")]
ID = "123456789012345678"
OVERVIEW = {"projectVersion": "2.3.9"}
"""What makes a stand-in a SeaTunnel."""


def normalised(value: Any, *, status: int = 200, variables: dict[str, str] | None = None, **step: Any) -> Any:
    rules = Normaliser("localhost:8080", "", variables or {}, {"request": {"path": "/x"}, **step})
    response = Response(status, JSON, json.dumps(value).encode())
    return rules.exchange(response)["body"]["value"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"at": "2024-10-27 12:00:00"}, {"at": "<timestamp yyyy-MM-dd HH:mm:ss>"}),
        ({"SinkWriteQPS": "NaN", "n": "1.5"}, {"SinkWriteQPS": "<decimal string>", "n": "1.5"}),
        ({"jobId": ID}, {"jobId": "<job id>"}),
        ({"jobId": int(ID)}, {"jobId": "<number job id>"}),
        ({"errorMsg": "a trace"}, {"errorMsg": "<java text>"}),
        ({"errorMsg": None}, {"errorMsg": None}),
        ({"pluginJarsUrls": [{"jarPath": "a"}, {"jarPath": "b"}]}, {"pluginJarsUrls": [{"jarPath": "<jar path>"}]}),
        ({"link": "http://localhost:8080/logs/a"}, {"link": "http://<host:port>/logs/a"}),
        (
            {"projectVersion": "2.3.9", "gitCommitAbbrev": "abc", "workers": "1", "totalSlot": 1},
            {"projectVersion": "<version>", "gitCommitAbbrev": "<commit>", "workers": "<int string>", "totalSlot": 1},
        ),
        (
            {"jobStatus": "RUNNING", "metrics": {"SinkWriteCount": "5", "T": {"fake": "1"}, "odd": 5}},
            {"jobStatus": "RUNNING", "metrics": {"SinkWriteCount": "<int string>", "T": "<table map>", "odd": 5}},
        ),
        (
            {"queueSummary": {"size": 2, "scheduleStrategy": "WAIT", "oldestEnqueueTimestamp": 0}, "size": 2},
            {
                "queueSummary": {
                    "size": "<number count>",
                    "scheduleStrategy": "<strategy>",
                    "oldestEnqueueTimestamp": "<number count>",
                },
                "size": 2,
            },
        ),
        (
            {"workerCount": 1, "workers": [{"freeSlots": 2, "dynamicSlot": True, "runningJobIds": [1]}]},
            {
                "workerCount": "<number count>",
                "workers": [
                    {
                        "freeSlots": "<number count>",
                        "dynamicSlot": "<boolean kind of slots>",
                        "runningJobIds": ["<number job ids>"],
                    }
                ],
            },
        ),
        ({"workers": [{"tags": {"zone": "a"}}, {"tags": {}}]}, {"workers": [{"tags": {}}]}),
        ({"workers": [{"tags": {"zone": 1}}, {"tags": []}]}, None),
        ({"freeSlots": "2", "runningJobIds": ["1"]}, None),
        ({"pendingJobs": [{"jobId": int(ID)}]}, {"pendingJobs": []}),
        ({"jobStatus": "FINISHED", "metrics": {"SinkWriteCount": "5"}}, None),
        (
            {
                "isMaster": "true",
                "processors": "2",
                "host": "a",
                "uuid": "d8252959-e18c-4d1c-b958-843b664314ed",
                "heap.memory.used": "1.5G",
                "gc.time": "3ms",
            },
            {
                "isMaster": "true",
                "processors": "<int string>",
                "host": "<host>",
                "uuid": "<uuid>",
                "heap.memory.used": "<size string>",
                "gc.time": "<milliseconds string>",
            },
        ),
    ],
)
def test_value_becomes_a_token_where_a_rule_says_so(value: Any, shown: Any) -> None:
    assert normalised(value) == (value if shown is None else shown)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("STREAMED", "STREAMED"),
        ("NullPointerException", "<java text>"),
        (None, "<java text>"),
        (5, 5),
        (
            "java.lang.IllegalStateException: STREAMED\n\tat a.B.c(B.java:1)\n",
            "java.lang.IllegalStateException: STREAMED<stack trace>",
        ),
        ("a.B: other words\n\tat a.B.c(B.java:1)\n", "<java text><stack trace>"),
        ("java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n", "<java text><stack trace>"),
    ],
)
def test_only_the_apis_own_messages_are_compared(message: Any, shown: Any) -> None:
    got = normalised({"status": "fail", "message": message}, status=500)
    assert got == {"status": "fail", "message": shown}


def test_value_of_a_variable_gets_its_name_back_and_its_number_stays_a_number() -> None:
    got = normalised({"a": f"job-{ID}", "b": int(ID)}, variables={"fresh.id.x": ID})
    assert got == {"a": "job-{{fresh.id.x}}", "b": "<number {{fresh.id.x}}>"}


def test_step_says_what_is_selected_ignored_shaped_and_unordered() -> None:
    value = {"jobs": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "free": "x", "kinds": [1, "a", None], "any": [2, 1]}
    step = {
        "select": {"pointer": "/jobs", "where": {"id": {"contains": "b"}}},
        "ignore": ["/free"],
        "shape": ["/kinds"],
        "unordered": ["/any"],
    }
    assert normalised(value, **step) == {
        "jobs": [{"id": "b", "n": 2}],
        "free": "<ignored>",
        "kinds": {"<array of>": ['"<null>"', '"<number>"', '"<string>"']},
        "any": [1, 2],
    }


def test_page_is_its_title_and_its_links() -> None:
    page = b'<html><title>Logs</title><a href="http://localhost:8080/b"></a><a href="https://jetty.org/"></a></html>'
    response = Response(200, [("content-type", "text/html ; charset=UTF-8")], page, closes=True)
    got = Normaliser("localhost:8080", "", {}, {"request": {}, "contains": ["Logs", "none"]}).exchange(response)
    assert got["headers"] == {"Content-Type": "text/html;charset=utf-8"}
    assert got["body"] == {
        "kind": "html",
        "title": "Logs",
        "html": True,
        "hrefs": ["http://<host:port>/b"],
        "contains": {"Logs": True, "none": False},
    }


def test_difference_tells_its_place_and_both_sides() -> None:
    old, new = {"a": [1, {"b": "x"}], "gone": 1, "note": 1}, {"a": [1, {"b": 5}], "come": 2, "note": 2}
    assert list(differences(old, new)) == ['/a/1/b: recorded "x", got 5', "/come: unexpected 2", "/gone: missing 1"]


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        ({"method": "GET", "path": "/a", "httpVersion": "1.0"}, b"GET /c/a HTTP/1.0\r\nHost: h:1\r\n\r\n"),
        (
            {"method": "PUT", "path": "/a", "absolute": True},
            b"PUT /a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            {"method": "POST", "path": "/a", "body": "xy", "chunked": True},
            b"POST /c/a HTTP/1.1\r\nHost: h:1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n",
        ),
        (
            {"method": "POST", "path": "/a", "form": {"a": "b c"}},
            (
                b"POST /c/a HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: 5\r\n\r\na=b+c"
            ),
        ),
        (
            {"method": "POST", "path": "/a", "bodyRepeat": {"head": "[", "unit": "1", "times": 3, "tail": "]"}},
            b"POST /c/a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n\r\n[111]",
        ),
        (
            {"method": "POST", "path": "/a", "bodyBase64": "AAE="},
            b"POST /c/a HTTP/1.1\r\nHost: h:1\r\nContent-Length: 2\r\n\r\n\x00\x01",
        ),
    ],
)
def test_request_is_sent_as_the_scenario_has_it(request_: dict[str, Any], sent: bytes) -> None:
    assert Sender("http://h:1/c/").encode(request_).content == sent


class Echo(Handler):
    """Counts the requests to `/count`: the second fails, and from the fourth on, the end is reached."""

    protocol_version = "HTTP/1.0"
    count = 0

    def do_GET(self) -> None:
        if self.path.endswith("/overview"):
            self.respond(OVERVIEW)
            return
        type(self).count += 1
        states = {1: "PENDING", 3: "RUNNING"}
        if self.count == 2:
            self.send_error(500)
        else:
            self.respond({"state": states.get(self.count, "FINISHED"), "id": "777"})


@pytest.fixture
def url() -> Iterator[str]:
    with listening(type("Counting", (Echo,), {"count": 0})) as address:
        yield address


def written(folder: Path, *steps: tuple[dict[str, Any], Any]) -> Path:
    file = folder / "r.ndjson"
    lines = ({"area": "a", "scenario": "s", "step": step, "exchange": exchange} for step, exchange in steps)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return file


def test_states_are_observed_in_their_order_and_captured_values_are_used_again(url: str, tmp_path: Path) -> None:
    get = {"method": "GET", "path": "/count"}
    expected = {
        "status": 200,
        "headers": dict(JSON),
        "body": {"kind": "json", "value": {"state": "FINISHED", "id": "777"}},
    }
    observe = {
        "pointer": "/state",
        "in": ["FINISHED"],
        "timeoutSeconds": 5,
        "order": ["PENDING", "RUNNING", "FINISHED"],
    }
    watched = expected | {"observed": {"last": "FINISHED", "inOrder": True}}
    file = written(
        tmp_path,
        ({"id": "watch", "request": get, "observe": observe, "capture": {"it": "/id"}}, watched),
        ({"id": "prepare", "request": get}, None),
        ({"id": "again", "request": {"method": "GET", "path": "/{{it}}/{{fresh.id.a}}"}}, expected),
        ({"id": "differs", "request": get}, expected | {"status": 404}),
        ({"id": "lost", "request": {"method": "GET", "path": "/{{nobody}}"}}, expected),
        ({"id": "nothing", "request": get, "capture": {"x": "/none"}}, expected),
    )
    marks: list[str] = []
    fidelity = replay(url, Recording.load(file).only("a/*"), report=lambda mark: marks.append(mark.step))
    assert marks == ["watch", "again", "differs", "lost", "nothing"]
    assert [mark.step for mark in fidelity.steps if mark.matches] == ["watch", "again"]
    assert fidelity.steps[2].differences == ("/status: recorded 404, got 200",)
    assert (fidelity.matched, fidelity.total, fidelity.share) == (2, 5, 0.4)
    assert fidelity.areas().keys() == {"a"}


def test_step_that_needs_another_set_up_is_neither_sent_nor_compared(url: str, tmp_path: Path) -> None:
    steps = [({"id": path, "request": {"method": "GET", "path": path}}, {"status": 404}) for path in ("/../x", "/x")]
    fidelity = replay(f"{url}/st", Recording.load(written(tmp_path, *steps)))
    assert [(mark.step, bool(mark.left_out)) for mark in fidelity.steps] == [("/../x", True), ("/x", False)]
    assert fidelity.left_out == {"a/s": "some of its requests leave the context path of the target"}
    assert fidelity.total == 1


def test_player_waits_no_longer_than_its_patience(url: str, tmp_path: Path) -> None:
    poll = {"until": {"pointer": "/never", "equals": 1}, "timeoutSeconds": 3600}
    file = written(tmp_path, ({"id": "wait", "request": {"method": "GET", "path": "/count"}, "poll": poll}, {}))
    scenario = next(iter(Recording.load(file)))
    assert [exchange["timedOut"] for _, exchange in Player(Sender(url), patience=0.01).play(scenario)] == [True]


@pytest.mark.slow
def test_player_whose_caller_has_seen_enough_leaves_no_connection_open(
    tmp_path: Path, leaving_nothing_open: Callable[[], AbstractContextManager[None]]
) -> None:
    get = {"id": "read", "request": {"method": "GET", "path": "/count"}}
    scenario = replace(next(iter(Recording.load(written(tmp_path, (get, {}), (get, {}))))), keeps_connection=True)
    with (
        listening(type("Keeping", (Echo,), {"count": 0, "protocol_version": "HTTP/1.1"})) as url,
        leaving_nothing_open(),
    ):
        played = Player(Sender(url)).play(scenario)
        assert next(played)[1]["connection"] == "keep-alive"
        del played


class Greeting(Handler):
    """Responds with a word and the credentials of the request."""

    def do_GET(self) -> None:
        said = {"jobStatus": "FINISHED", "said": self.headers["Authorization"], "odd": self.path}
        self.respond(OVERVIEW if self.path == "/overview" else said)


@pytest.mark.parametrize("word", ["FINISHED", "hunter22", "status", "json"])
def test_secret_is_hidden_in_what_was_recorded_and_in_what_comes(word: str, tmp_path: Path) -> None:
    value = {"jobStatus": "FINISHED", "said": "Bearer [hidden]", "odd": "/other"}
    expected = {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": {"kind": "json", "value": value},
    }
    file = written(tmp_path, ({"id": "a", "request": {"method": "GET", "path": "/odd"}}, expected | {"note": {}}))
    with listening(Greeting) as url:
        to = Address(url, Connection(bearer=Secret(word)))
        (mark,) = replay(to, Recording.load(file)).steps
    assert mark.differences == ('/body/value/odd: recorded "/other", got "/odd"',), "no other, and this one is seen"


def test_poll_and_capture_see_what_really_came(tmp_path: Path) -> None:
    poll = {"until": {"pointer": "/jobStatus", "equals": "FINISHED"}, "timeoutSeconds": 0}
    step = {"id": "a", "request": {"method": "GET", "path": "/a"}, "poll": poll, "capture": {"seen": "/jobStatus"}}
    then = {"id": "b", "request": {"method": "GET", "path": "/{{seen}}"}}
    scenario = next(iter(Recording.load(written(tmp_path, (step, None), (then, None)))))
    with listening(Greeting) as url:
        played = list(Player(Sender(Address(url, Connection(bearer=Secret("FINISHED"))))).play(scenario))
    assert "timedOut" not in played[0][1]
    assert played[1][1]["body"]["value"]["odd"] == "/{{seen}}"


def test_target_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(TargetUnreachable, match="refused"):
        replay("http://127.0.0.1:9", Recording.load(written(tmp_path)))


@pytest.mark.parametrize("text", ["{", "[]", '{"area": "a"}'])
def test_file_that_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.ndjson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenRecording, match="not a recording"):
        Recording.load(file)
    with pytest.raises(UnusableFile, match="none can't be read: No such file"):
        Recording.load(tmp_path / "none")
