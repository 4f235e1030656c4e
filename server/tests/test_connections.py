"""Connections of slow, greedy and broken clients, and their cost for the server."""

import asyncio
import json
import socket

import pytest
from raw_server import error_of, request, served, status

from seatunnel_server.http.protocol import LimitedProtocol

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

STOP = b'{"jobId": 7}'
UPGRADES = [
    b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    b"connection: upgrade\r\nupgrade: websocket",
    b"upgrade: no/such\r\nconnection: keep-alive, upgrade",
]


@pytest.fixture
async def port(api):
    async with served(api.app) as port:
        yield port


async def talk(port, *pieces, until=None):
    """Send pieces, each after the server has had time for the one before; return all received bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        while until is None or received.count(b"HTTP/1.1 ") < until:
            async with asyncio.timeout(0.2 if until is None and received else 10):
                chunk = await reader.read(65536)
            if not chunk:
                break
            received += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    finally:
        writer.close()
    return received


def statuses(received):
    return [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("upgrade", UPGRADES)
async def test_wish_for_another_protocol_is_ignored_and_the_body_read(port, api, upgrade):
    whole = request(b"POST /stop-job HTTP/1.1", upgrade, b"content-length: 12", body=STOP)
    assert statuses(await talk(port, whole)) == [200]
    head, body = whole[:-12], whole[-12:]
    assert statuses(await talk(port, head, body)) == [200]
    chunked = request(b"POST /stop-job HTTP/1.1", upgrade, b"transfer-encoding: chunked")
    assert statuses(await talk(port, chunked, b"c\r\n" + STOP + b"\r\n0\r\n\r\n")) == [200]
    assert [str(job) for job, _ in api.engine.stopped] == ["7"] * 3


async def test_body_after_a_wish_for_another_protocol_is_no_request(port, api):
    smuggled = request(b"POST /update-tags HTTP/1.1", b"content-length: 12", body=b'{"evil":"1"}')
    head = request(b"POST /stop-job HTTP/1.1", UPGRADES[0], b"content-length: %d" % len(smuggled))
    assert statuses(await talk(port, head, smuggled)) == [400]
    assert api.engine.tags is None


async def test_requests_that_follow_a_wish_for_another_protocol_are_answered_in_turn(port):
    get = request(b"GET /overview HTTP/1.1", UPGRADES[1])
    post = request(b"POST /stop-job HTTP/1.1", UPGRADES[0], b"content-length: 12", body=STOP)
    plain = request(b"GET /nope HTTP/1.1")
    assert statuses(await talk(port, (get + post + plain) * 20, until=60)) == [200, 200, 404] * 20


async def test_tunnel_is_refused_and_its_connection_closed(port):
    tunnel = request(b"CONNECT /overview HTTP/1.1", UPGRADES[0], b"content-length: 1")
    assert statuses(await talk(port, tunnel + request(b"GET /overview HTTP/1.1"), until=2)) == [405]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"host: a\r\nhost: a\r\n", 400),
        (b"host: a\r\nhost: b\r\n", 400),
        (b"", 400),
        (b"host: a b\r\n", 400),
        (b"host: a/b\r\n", 400),
        (b"host: a:x\r\n", 400),
        (b"host: \r\n", 200),
        (b"host: example.org:1\r\n", 200),
        (b"host: [::1]:8080\r\n", 200),
        (b"host: my_host%20\r\n", 200),
    ],
)
@pytest.mark.parametrize("line", [b"GET /overview HTTP/1.1\r\n", b"BREW /overview HTTP/1.1\r\n"])
async def test_request_names_one_host(port, line, fields, expected):
    """Recorded are an empty host and a foreign one (`http-semantics/bad-requests`); the others are RFC 9112, 3.2."""
    answer = await talk(port, line + fields + b"\r\n", until=1)
    if expected == 400:
        assert (status(answer), error_of(answer)[-4:]) == (400, "Host" if b"host: a\r\nhost" not in fields else "ders")
    else:
        assert status(answer) == (200 if line.startswith(b"GET") else 405)


async def test_old_client_need_not_name_a_host(port):
    assert status(await talk(port, b"GET /overview HTTP/1.0\r\n\r\n", until=1)) == 200


def greedy(port, target):
    """Return a connection that has sent a request and has a small buffer for the response."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(request(b"GET " + target + b" HTTP/1.1"))
    return client


async def closed_within(seconds):
    """Wait until the server of this process has no connection; return False after `seconds`."""
    for _ in range(int(seconds * 100)):
        if not [task for task in asyncio.all_tasks() if "run_asgi" in repr(task.get_coro())]:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize("drips", [False, True])
async def test_client_that_does_not_read_is_cut_off(api, port, monkeypatch, drips):
    monkeypatch.setattr(LimitedProtocol, "send_timeout", 0.2)
    api.engine.files = {"job-1.log": "x" * 2**23}
    client = greedy(port, b"/logs/job-1.log")
    client.setblocking(False)  # noqa: FBT003 - the socket's own signature
    await asyncio.sleep(0.1)
    assert not await closed_within(0)
    for _ in range(10 * drips):
        client.recv(1)
        await asyncio.sleep(0.01)
    assert await closed_within(3)
    client.close()


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})])
async def test_nothing_is_written_to_a_client_that_was_cut_off_while_its_other_requests_waited(
    api, port, monkeypatch, caplog
):
    monkeypatch.setattr(LimitedProtocol, "send_timeout", 0.1)
    api.engine.files = {"job-1.log": "x" * 2**23}
    client = greedy(port, b"/logs/job-1.log")
    client.sendall(request(b"GET /overview HTTP/1.1") * 2)
    await asyncio.sleep(0.1)
    assert await closed_within(3)
    client.close()
    assert "A request to" not in caplog.text


async def test_long_answer_is_written_only_as_fast_as_it_is_read(api, monkeypatch):
    """Writing it at once would need a copy for each client that does not read it."""
    api.engine.files = {"job-1.log": "x" * 2**23}
    most = []
    written = LimitedProtocol.pause_writing

    def pause(self):
        most.append(self.transport.get_write_buffer_size())
        written(self)

    monkeypatch.setattr(LimitedProtocol, "pause_writing", pause)
    async with served(api.app) as port:
        client = greedy(port, b"/logs/job-1.log")
        await asyncio.sleep(0.2)
        client.close()
    assert 0 < max(most) <= 64 * 1024


@pytest.mark.parametrize(("drip", "headers"), [(b"\r\n", []), (b"x", [b"content-length: 100000"])])
async def test_blank_lines_and_an_unread_body_keep_no_connection_alive(api, drip, headers):
    async with served(api.app, timeout_keep_alive=0.1) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(b"GET /overview HTTP/1.1", *headers))
        for _ in range(200):
            if reader.at_eof() or reader.exception():
                break
            writer.write(drip)
            await asyncio.sleep(0.01)
        else:
            pytest.fail("the connection is still open")
        writer.close()


async def test_request_that_is_answered_late_is_not_cut_off_by_the_one_before(api):
    """The first response starts the time-out of an idle connection while the second request is in progress."""
    async with served(api.app, timeout_keep_alive=0.1) as port:
        first = request(b"GET /overview HTTP/1.1")
        second = request(b"POST /stop-job HTTP/1.1", b"content-length: 12")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first + second)
        await asyncio.sleep(0.3)
        writer.write(STOP)
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            chunk = await reader.read(65536)
            assert chunk, "the connection was closed"
            received += chunk
        writer.close()


async def test_pipelined_requests_are_read_when_their_turn_comes_and_all_answered(port, monkeypatch):
    queued = []
    begin = LimitedProtocol.on_headers_complete

    def count(self):
        begin(self)
        queued.append(len(self.pipeline))

    monkeypatch.setattr(LimitedProtocol, "on_headers_complete", count)
    answers = await talk(port, request(b"GET /nope HTTP/1.1") * 2000, until=2000)
    assert statuses(answers) == [404] * 2000
    assert max(queued) < 1000


async def test_refusal_says_why_in_the_contracts_shape(port):
    answer = await talk(port, b"GET /overview HTTP/1.1\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"status": "fail", "message": "No Host"}
