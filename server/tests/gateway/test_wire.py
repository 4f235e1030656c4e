"""Connections to nodes."""

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress

import pytest
import trustme

from seatunnel_server.engine.zeta.wire import (
    BrokenOff,
    EngineRequest,
    NotConnected,
    NoTls,
    NotTrusted,
    SocketWire,
    _Connection,
    _Reading,
)

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\n"
OK = HEAD + b"content-length: 2\r\n\r\nok"


@asynccontextmanager
async def node(*responses, tls=None):
    """Listen, and answer each request of a connection with the next of `responses`, then close; yield the log."""
    log, talks = [], []

    async def accept(reader, writer):
        talks.append(asyncio.current_task())
        number = len({it[0] for it in log}) + 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            for response in responses:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
                log.append((number, head + await reader.readexactly(length)))
                writer.write(response)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    async with server:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/base", log
        await asyncio.gather(*talks, return_exceptions=True)


@asynccontextmanager
async def wired(**options):
    wire = SocketWire(5.0, **options)
    try:
        async with asyncio.timeout(5):
            yield wire
    finally:
        await wire.aclose()


async def test_request_is_sent_as_it_is():
    async with node(OK) as (url, log), wired() as wire:
        request = EngineRequest(url, "POST", "/a?b=%zz", ((b"content-type", b"Text/Plain"),), b"body", once=True)
        response = await wire.send(request)
    assert (response.status, response.body, response.headers) == (200, b"ok", ((b"content-length", b"2"),))
    host = url.removeprefix("http://").removesuffix("/base").encode()
    assert log[0][1] == (
        b"POST /base/a?b=%%zz HTTP/1.1\r\nhost: %s\r\ncontent-type: Text/Plain\r\ncontent-length: 4\r\n\r\nbody" % host
    )


async def test_reads_share_a_connection_and_what_is_sent_once_has_its_own():
    async with node(OK, OK, OK) as (url, log), wired() as wire:
        for once in (False, False, True, False):
            await wire.send(EngineRequest(url, "GET", "/", once=once))
    assert [number for number, _ in log] == [1, 1, 2, 1]


async def test_read_on_a_connection_that_was_closed_is_sent_again():
    async with node(OK) as (url, log), wired() as wire:
        for _ in range(3):
            assert (await wire.send(EngineRequest(url, "GET", "/"))).body == b"ok"
    assert [number for number, _ in log] == [1, 2, 3]


@pytest.mark.parametrize(
    "response",
    [
        HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + OK,
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        OK + b"rubbish",
    ],
)
async def test_body_is_read_however_it_ends_and_nothing_is_left_for_the_next_request(response):
    async with node(response, OK) as (url, _), wired() as wire:
        for body in (b"ok", b"ok"):
            assert (await wire.send(EngineRequest(url, "GET", "/"))).body == body


async def test_headers_behind_a_body_are_left_out():
    trailers = b"content-type: text/html\r\nx-last: 1\r\n"
    body = b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n%s\r\n"
    async with node(HEAD + body % trailers) as (url, _), wired() as wire:
        response = await wire.send(EngineRequest(url, "GET", "/"))
    assert (response.headers, response.body) == (((b"transfer-encoding", b"chunked"),), b"ok")


@pytest.mark.parametrize("head", [HEAD, b"HTTP/1.0 200 OK\r\n"])
async def test_body_without_a_length_ends_with_the_connection(head):
    async with node(head + b"\r\nok") as (url, _), wired() as wire:
        assert (await wire.send(EngineRequest(url, "GET", "/"))).body == b"ok"


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"HTTP/1.1 200",
        HEAD + b"content-length: 3\r\n\r\nok",
        HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nok",
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
        b"<html>",
    ],
)
async def test_response_that_is_broken_is_an_error(response):
    async with node(response) as (url, log), wired() as wire:
        with pytest.raises(BrokenOff):
            await wire.send(EngineRequest(url, "GET", "/"))
    assert len(log) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://" + "a" * 70 + ".b"])
async def test_node_that_is_not_there_is_not_connected(url):
    async with wired() as wire:
        with pytest.raises(NotConnected):
            await wire.send(EngineRequest(url, "GET", "/"))


async def test_certificate_of_a_node_has_to_be_trusted():
    authority, theirs, ours = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    async with node(OK, tls=theirs) as (url, _), wired(tls=ours) as trusting, wired() as other:
        assert (await trusting.send(EngineRequest(url, "GET", "/"))).body == b"ok"
        with pytest.raises(NotTrusted):
            await other.send(EngineRequest(url, "GET", "/"))


async def test_node_without_tls_is_not_one_that_refuses_connections():
    async def refuse(_, writer):
        writer.write(HEAD)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server, wired() as wire:
        with pytest.raises(NoTls):
            await wire.send(EngineRequest(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "GET", "/"))


async def test_connection_that_ends_before_a_request_is_no_error_until_then():
    """A time-out can close a connection just after it opened."""
    connection = _Connection(_Reading())
    connection.connection_lost(None)
    with pytest.raises(BrokenOff):
        await connection.ask(b"")
