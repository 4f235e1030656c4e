"""Requests to a target keep its limits, and an error of the connection is never taken for a response."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from asgi import App, app
from makers import MakeApp, Serve
from other_services import greeting, speaking
from throwaway import Handler, listening

from seatunnel_conformance.arrange.nodes import unreachable_links
from seatunnel_conformance.checks.http import _with_wrong_length
from seatunnel_conformance.checks.http_requests import badly_kept, lost_response
from seatunnel_conformance.checks.log import page
from seatunnel_conformance.checks.logs import some_file
from seatunnel_conformance.errors import IncompleteResponse, TargetUnreachable, WriteForbidden
from seatunnel_conformance.target import wire
from seatunnel_conformance.target.deployment import RequestLimits, Target, is_loopback
from seatunnel_conformance.target.exchange import Request
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import LONGEST_TEXT
from seatunnel_conformance.target.routes import find
from seatunnel_openapi import load


@pytest.fixture
def echo() -> App:
    """An app that responds with the target of the request line, and counts the requests."""

    return app(lambda asked: (200, f"{asked.method} {asked.target} ".encode("latin-1") + asked.body))


@pytest.fixture
def dead() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_whole_body_is_kept_of_the_last_exchange_alone(serve: Serve, one_answer: MakeApp):
    with Target(serve(one_answer(200, b"[" + b" " * 10**6 + b"]"))) as target, target.watched() as exchanges:
        assert [target.get("/running-jobs").json for _ in range(3)] == [[]] * 3
    sizes = [len(exchange.response.body) for exchange in exchanges if exchange.response]
    assert sizes == [120_000, 120_000, 10**6 + 2]
    shown = [exchange.reported().body for exchange in exchanges]
    assert shown == [shown[-1]] * 3, "reports show the same, its length too"


@pytest.mark.parametrize("size", [100, LONGEST_TEXT, LONGEST_TEXT + 1, 40 * 2**20])
def test_only_the_beginning_of_a_long_log_is_read(
    size: int, serve: Callable[[App], str], one_answer: Callable[..., App]
):
    with Target(serve(one_answer(200, b"x" * size, "text/plain"))) as target:
        read, again = target.get("/log/server.log"), target.get("/log/server.log")
        assert read.body == again.body == b"x" * min(size, LONGEST_TEXT)
        assert bool(read.missing) is (size > LONGEST_TEXT)
        assert not target.governor.usage.large


def test_length_of_a_log_that_is_not_read_to_its_end_is_not_compared():
    class Log(Handler):
        """Responds with a log in chunks, and with its length to HEAD, as an engine does."""

        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in (("Content-Type", "text/plain"), ("Transfer-Encoding", "chunked")):
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(b"%x\r\n%b\r\n" % (LONGEST_TEXT, b"x" * LONGEST_TEXT) * 3 + b"0\r\n\r\n")

        def do_HEAD(self) -> None:
            self.respond(b"x" * 3 * LONGEST_TEXT)

    with listening(Log) as url, Target(url) as target:
        assert _with_wrong_length(target, "/log/server.log") is None


@pytest.mark.parametrize(
    ("after", "status", "sleeps"),
    [
        ({"Retry_After": "2"}, 200, [2]),
        ({"Retry_After": "0"}, 200, [1]),
        ({"Retry_After": "99"}, 429, []),
        ({"Retry_After": "9" * 5000}, 429, []),
        ({}, 429, []),
    ],
)
def test_request_that_a_gateway_refuses_as_one_too_many_is_repeated_when_it_may_be(
    after: dict[str, str], status: int, sleeps: list[int]
):
    class Gateway(Handler):
        """Refuses the request number 0."""

        number = -1

        def do_GET(self) -> None:
            type(self).number += 1
            self.respond({}, 429, **after) if self.number == 0 else self.respond([])

    with listening(Gateway) as url, Target(url) as target:
        slept = list[float]()
        target.governor.clock, target.governor.sleep = lambda: sum(slept), slept.append
        assert target.get("/overview").status == status
        for number, twice in ((-1, False), (-2, True)):
            Gateway.number = number
            assert target.send_plainly("GET", "/overview", twice=twice).status == status
        assert slept == 3 * sleeps


def test_host_without_an_address_is_not_called_an_engine_that_does_not_run(monkeypatch: pytest.MonkeyPatch):
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with Target("http://clster:8080") as target, pytest.raises(TargetUnreachable) as caught:
        target.get("/overview")
    assert caught.value.hint == "check the name of the host"


@pytest.mark.parametrize(("idle", "connections"), [(0.01, 2), (60.0, 1)])
def test_connection_that_was_idle_is_not_used_again(monkeypatch: pytest.MonkeyPatch, idle: float, connections: int):
    """A server that closes idle connections can do so while the next request, perhaps a POST, is on its way."""
    monkeypatch.setattr(wire, "_IDLE", idle)
    clients: list[socket.socket] = []

    def converse(client: socket.socket) -> None:
        clients.append(client)
        while client.recv(2**16):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with speaking(converse) as url, Target(url) as target:
        target.get("/overview")
        time.sleep(0.05)
        target.get("/overview")
    assert len(clients) == connections


def test_informational_responses_are_no_response():
    """Connections without schemathesis also skip them (RFC 9110, 15.2)."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    with (
        speaking(greeting(early + early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as url,
        Target(url) as target,
    ):
        response = target.send_plainly("GET", "/overview")
    assert (response.status, response.body) == (200, b"{}")


def test_path_values_are_encoded(serve: Serve, echo: App):
    with Target(serve(echo)) as target:
        assert target.get("/job-info/{jobId}", jobId="a/b c").text == "GET /job-info/a%2Fb%20c "


def test_query_that_is_a_text_is_sent_as_it_is(serve: Serve, echo: App):
    with Target(serve(echo)) as target:
        assert target.get("/overview", query="a=%zz&a=b").text == "GET /overview?a=%zz&a=b "
        assert target.get("/overview", query={"a": "b c"}).text == "GET /overview?a=b+c "


def test_what_was_met_is_kept_for_plain_bytes_too(serve: Serve, echo: App):
    with Target(serve(echo)) as target:
        target.get("/overview", query="a=b")
        target.wire.exchange_plain(Request("GET", target.origin, "/logs"), keep=False)
        assert target.wire.met == {("GET", "/overview?a=b", 200), ("GET", "/logs", 200)}


def test_context_path_stands_before_every_path(serve: Serve, echo: App):
    with Target(serve(echo) + "/seatunnel/") as target:
        assert target.get("/overview").text == "GET /seatunnel/overview "
        assert target.outside().get("/overview").text == "GET /overview "


def test_target_that_may_only_be_read_is_sent_nothing_else(serve: Serve, echo: App):
    with Target(serve(echo)) as target, target.watched() as exchanges:
        with pytest.raises(WriteForbidden, match="--allow-writes"):
            target.post("/stop-job", body={"jobId": 1})
        assert exchanges == []


def test_target_that_may_be_written_gets_json(serve: Serve, echo: App):
    with Target(serve(echo), own=OwnIds(dedicated=True)) as target:
        assert target.writing(allowed=True).post("/stop-job", body={"a": "é"}).text == 'POST /stop-job {"a": "é"}'


def test_every_exchange_is_watched(serve: Serve, echo: App):
    with Target(serve(echo)) as target, target.watched() as exchanges:
        target.get("/a")
        target.writing(allowed=True).get("/b")
        assert [exchange.request.target for exchange in exchanges] == ["/a", "/b"]


def test_redirects_are_not_followed(serve: Serve):
    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            assert scope["path"] != "/elsewhere"
            await receive()
            await send({"type": "http.response.start", "status": 302, "headers": [(b"location", b"/elsewhere")]})
            await send({"type": "http.response.body"})

    with Target(serve(app)) as target:
        assert target.get("/overview").status == 302


def test_dead_target_is_no_answer(dead: str):
    with Target(dead) as target, target.watched() as exchanges:
        with pytest.raises(TargetUnreachable):
            target.get("/overview")
        assert exchanges[0].response is None
        assert exchanges[0].error


def test_dead_target_is_given_up_after_a_few_refusals(dead: str):
    with Target(dead, limits=RequestLimits(failures=2)) as target, target.watched() as exchanges:
        for _ in range(4):
            with pytest.raises(TargetUnreachable):
                target.get("/overview")
        assert len(exchanges) == 2


def test_body_without_an_end_is_no_answer(serve: Serve):
    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(1000):
                await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})

    with (
        Target(serve(app), limits=RequestLimits(body=10_000)) as target,
        pytest.raises(IncompleteResponse, match="longer than"),
    ):
        target.get("/overview")


def test_answer_that_does_not_come_is_none(serve: Serve):
    async def app(scope: dict[str, Any], receive: Callable[..., Any], _send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            await receive()
            await asyncio.Event().wait()

    with Target(serve(app), limits=RequestLimits(response=0.1, probe=0.1)) as target, pytest.raises(IncompleteResponse):
        target.get("/overview")


def test_answer_that_drips_is_none(serve: Serve):
    async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(100):
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                await asyncio.sleep(0.02)

    limits = RequestLimits(response=0.2, probe=0.2)
    # Each byte comes in time, but the limit is for the whole response.
    with Target(serve(app), limits=limits) as target, pytest.raises(IncompleteResponse, match="ReadTimeout"):
        target.get("/overview")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:8080/seatunnel", True),
        ("http://localhost", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1", False),
        ("http://cluster:8080", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_loopback_is_this_machine_only(url: str, own: bool):  # noqa: FBT001 - a column of the table
    assert is_loopback(url) is own


def test_bytes_behind_a_response_are_the_next_response_of_a_kept_connection():
    """They were lost if they came in one packet with the response before."""
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with speaking(greeting(ok + b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n")) as url, Target(url) as target:
        first = target.send_plainly("GET", "/overview", keep=True)
        assert (first.status, target.send_plainly("GET", "/overview").status) == (200, 500)


def _only(*answers: bytes, stays: bool = True) -> Callable[[socket.socket], None]:
    """Respond to some requests. Then close the connection, or, with `stays`, wait until the client does."""

    def talk(connection: socket.socket) -> None:
        for answer in answers:
            connection.recv(2**16)
            connection.sendall(answer)
        while stays and connection.recv(2**16):
            pass

    return talk


_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_second_request_that_is_sent_before_the_first_response_can_be_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("seatunnel_conformance.target.wire._SOON", 0.2)
    with speaking(_only(_OK)) as url, Target(url) as target:
        first = target.send_plainly("GET", "/overview")
        assert "does not come" in lost_response(target, first, "GET", "/overview", None)
    with speaking(_only(_OK + _OK)) as url, Target(url) as target:
        assert lost_response(target, first, "GET", "/overview", None) == ""


def test_connection_that_stays_open_although_the_request_asks_to_close_it_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("seatunnel_conformance.target.network._MOMENT", 0.2)
    closing = _OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    for response in (_OK, closing):  # the second response announces that it closes the connection
        with speaking(_only(_OK, response)) as url, Target(url) as target:
            stays = "the connection stays open after `Connection: close`"
            assert badly_kept(target, "GET", "/overview", None) == stays
        with speaking(_only(_OK, response, stays=False)) as url, Target(url) as target:
            assert badly_kept(target, "GET", "/overview", None) == ""


@pytest.mark.parametrize("node", ["a:1", "b:2"])
def test_log_files_are_found_where_the_target_has_another_port_than_its_node(serve: Serve, node: str):
    """Behind an ingress, for example: the suite took them for files of other nodes."""
    files = [
        {"node": one, "logName": f"{one}.log", "logLink": f"http://{one}/logs/{one}.log"} for one in ("a:1", "b:2")
    ]
    listed = app(lambda _: (200, files))
    shown = app(lambda _: (200, f'<a href="log/{node}.log">{node}.log</a>'.encode()), "text/html")

    async def both(scope: Any, receive: Any, send: Any) -> None:
        await (shown if scope["path"] == "/log" else listed)(scope, receive, send)

    with Target(serve(both)) as target:
        assert some_file(target)["node"] == node


def test_log_file_of_a_job_that_starts_between_two_reads_is_no_deviation(serve: Serve):
    names: list[str] = []

    def files() -> list[str]:
        names.insert(0, f"job-{len(names)}.log")
        return names

    listed = app(lambda _: (200, [{"node": "a:1", "logName": one, "logLink": f"http://a:1/{one}"} for one in files()]))
    shown = app(lambda _: (200, "".join(f'<a href="log/{one}">{one}</a>' for one in files()).encode()), "text/html")

    async def both(scope: Any, receive: Any, send: Any) -> None:
        await (shown if scope["path"] == "/log" else listed)(scope, receive, send)

    with Target(serve(both)) as target:
        page(target)


def test_links_of_a_target_that_is_gone_are_not_called_unreachable() -> None:
    gone = socket.create_server(("127.0.0.1", 0))
    link = f"http://127.0.0.1:{gone.getsockname()[1]}/logs/seatunnel-engine-server.log"
    body = json.dumps([{"node": "one", "logLink": link, "logName": "seatunnel-engine-server.log"}]).encode()
    with Target(link.removesuffix("/logs/seatunnel-engine-server.log")) as target:

        def answer_once() -> None:
            connection, _ = gone.accept()
            gone.close()
            with connection:
                connection.recv(65536)
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)

        answering = threading.Thread(target=answer_once)
        answering.start()
        with pytest.raises(TargetUnreachable):
            unreachable_links(target)
        answering.join()


@pytest.mark.parametrize(
    ("path", "operation_id", "value"),
    [
        ("/%6fverview", "get_overview", ""),
        ("/job-info/%37", "get_job_info", "7"),
        ("/log/%2E%2E/%250A%0A", "read_node_log", "../%0A\n"),
        ("/overview/%7A", None, ""),
    ],
)
def test_escaped_path_has_the_operation_of_its_characters(path: str, operation_id: str | None, value: str):
    operation, found = find(load("2.3.10"), "GET", path)
    assert (operation and operation.id, found) == (operation_id, value)
