"""Raw bytes against a listening server."""

import asyncio
import random

import pytest
from raw_server import error_of, request, served, status

from seatunnel_server.http.protocol import LIMIT, LimitedProtocol, _Writer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def ask(api):
    """Send bytes on a new connection; return all bytes received until the server closes it or is silent."""
    async with served(api.app) as port:

        async def exchange(*pieces, patience=10):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            received = b""
            try:
                while True:
                    async with asyncio.timeout(patience):
                        chunk = await reader.read(65536)
                    if not chunk:
                        break
                    received += chunk
                    if _is_whole(received):
                        break
            except (TimeoutError, ConnectionResetError):
                pass
            finally:
                writer.close()
            return received

        yield exchange


def _is_whole(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end and length) and len(body) >= int(length[0])


async def test_target_that_is_too_long_is_a_414(ask):
    answer = await ask(request(b"GET /overview?x=" + b"y" * LIMIT + b" HTTP/1.1"))
    assert (status(answer), error_of(answer)) == (414, "The target of the request is too long.")


async def test_headers_that_are_too_large_are_a_431(ask):
    long = await ask(request(b"GET /overview HTTP/1.1", b"x-long: " + b"y" * LIMIT))
    many = await ask(request(b"GET /overview HTTP/1.1", *[b"x: y"] * 10_000))
    for answer in (long, many):
        assert (status(answer), error_of(answer)) == (431, "The headers of the request are too large.")


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /overview HTTP/1.1\r\nx: ",
        b"POST /stop-job HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1;",
        b"POST /stop-job HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ",
    ],
    ids=["header", "extension of a chunk", "trailer"],
)
async def test_header_that_never_ends_is_refused_though_the_client_goes_on_sending(ask, beginning):
    answer = await ask(beginning, *[b"y" * 4096] * 1000)
    assert (status(answer), error_of(answer)) == (431, "The headers of the request are too large.")


async def test_long_body_in_pieces_is_no_header(ask):
    pieces = [request(b"POST /stop-job HTTP/1.1", b"content-length: 40960"), *[b" " * 4096] * 9, b'{"jobId": 7}']
    assert status(await ask(*pieces, b" " * 4084)) == 200


@pytest.mark.parametrize(
    "line",
    [b"rubbish", b"GET", b"GET /overview HTTP/9.9", b"GET overview HTTP/1.1", b"\x16\x03\x01", b"BREW x HTTP/1.1"],
)
async def test_what_is_no_http_is_a_400_in_the_contracts_shape(ask, line):
    answer = await ask(request(line))
    assert (status(answer), error_of(answer)) == (400, "Invalid HTTP request received.")


@pytest.mark.parametrize("header", [b"content-length: abc", b"X Y: z", b"content-length: 1\r\ncontent-length: 2"])
async def test_header_that_is_none_is_a_400(ask, header):
    assert status(await ask(request(b"POST /stop-job HTTP/1.1", header))) == 400


@pytest.mark.parametrize(
    ("version", "expected", "answered"),
    [
        (b"1.1", b"banana", 417),
        (b"1.1", b"100-Continue, banana", 417),
        (b"1.1", b"102-processing", 200),
        (b"1.1", b"", 200),
        (b"1.0", b"banana", 200),
    ],
)
async def test_request_that_expects_what_is_unknown_is_refused_as_by_an_engine(ask, version, expected, answered):
    """Tried on 2.3.13 and a build before 3.0.0."""
    assert status(await ask(request(b"GET /overview HTTP/" + version, b"expect: " + expected))) == answered


async def test_method_that_the_parser_does_not_know_is_answered_by_the_app(ask):
    answer = await ask(request(b"BREW /overview?a=b HTTP/1.1", b"accept: */*"))
    assert (status(answer), error_of(answer)) == (405, "HTTP method BREW is not supported by this URL.")
    assert b"\r\nallow: GET, HEAD, OPTIONS\r\n" in answer
    assert b"\r\nconnection: close\r\n" in answer
    assert status(await ask(request(b"get /overview HTTP/1.1"))) == 405
    assert status(await ask(request(b"BREW /nope HTTP/1.1") + b"more" * 10)) == 405


async def test_letters_that_are_not_escaped_are_read(ask):
    assert status(await ask(request("GET /\u6d4b HTTP/1.1".encode()))) == 404
    answer = await ask(request("GET /job-info/\u6d4b HTTP/1.1".encode()))
    assert error_of(answer) == 'For input string: "\u6d4b"'
    assert status(await ask(request("GET /overview?\u6d4b=\u00e9 HTTP/1.1".encode()))) == 200


async def test_connection_is_kept_after_an_error(ask):
    both = request(b"POST /stop-job HTTP/1.1", b"content-length: 1", body=b"{") + request(b"GET /overview HTTP/1.1")
    answers = await ask(both, patience=0.2)
    assert answers.startswith(b"HTTP/1.1 400")
    body = b'{"jobId": 7}'
    chunked = request(
        b"POST /stop-job HTTP/1.1", b"transfer-encoding: chunked", body=b"c\r\n" + body + b"\r\n0\r\n\r\n"
    )
    assert status(await ask(chunked)) == 200


@pytest.mark.parametrize("head", [b"", b"GET /overview HT", b"GET /overview HTTP/1.1\r\nx: y\r\n"])
async def test_head_that_never_ends_is_not_waited_for(ask, monkeypatch, head):
    monkeypatch.setattr(LimitedProtocol, "head_timeout", 0.05)
    begun = asyncio.get_running_loop().time()
    assert await ask(head, patience=10) == b""
    assert asyncio.get_running_loop().time() - begun < 5


async def test_options_of_the_whole_server_is_answered(ask):
    answer = await ask(request(b"OPTIONS * HTTP/1.1"))
    assert (status(answer), b"allow: GET,HEAD,POST,OPTIONS" in answer) == (200, True)


async def test_random_requests_get_an_answer_of_the_contract_or_none(ask, contract, caplog):
    dice = random.Random(7)  # noqa: S311 - a test that repeats
    documented = {int(code) for operation in contract.operations for code in operation.responses}
    allowed = documented | {200, 400, 404, 405, 413, 414, 431, None}
    words = [
        b"overview",
        b"job-info",
        b"..",
        b"%2e%2e",
        b"%00",
        b"%zz",
        b";",
        b"\xff",
        b"*",
        b"logs",
        b"stop-job",
        b"7",
        b"x",
    ]
    methods = [b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"TRACE", b"BREW", b"g", b""]
    headers = [b"content-type: application/json; charset=utf-16", b"transfer-encoding: chunked", b"content-length: 3"]
    headers += [
        b"expect: 100-continue",
        b"upgrade: websocket\r\nconnection: upgrade",
        b"prefer: code=500",
        b"x: \xff\xfe",
    ]
    bodies = [b"", b"{", b"[[", b"null", b'{"jobId": 1e999}', b"\x00\xff", b"5\r\nabcde\r\n0\r\n\r\n"]
    seen = []
    for _ in range(300):
        path = b"/" + b"/".join(dice.choices(words, k=dice.randint(0, 3)))
        query = dice.choice([b"", b"?a=%zz", b"?format=json", b"?%ff", b"?jobId=x"])
        line = b" ".join(
            [dice.choice(methods), path + query, dice.choice([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"X"])]
        )
        chosen = dice.sample(headers, k=dice.randint(0, 2))
        seen.append(status(await ask(request(line, *chosen, body=dice.choice(bodies)), patience=0.05)))
    assert set(seen) <= allowed
    assert {200, 400, 404, 405} <= set(seen)
    assert "did not expect" not in caplog.text
    assert "Traceback" not in caplog.text


class Written(list[bytes]):
    """A transport that keeps the written bytes."""

    write = list.append

    def close(self) -> None:
        self.append(b"closed")


def test_head_is_written_with_the_beginning_of_the_body():
    writer = _Writer(written := Written())
    for part in (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"one", b"two"):
        writer.write(part)
    assert written == [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\none", b"two"]


def test_head_without_a_body_is_written_when_the_response_ends_or_the_connection_is_closed():
    flushed, closed = _Writer(first := Written()), _Writer(second := Written())
    for writer in (flushed, closed):
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
    flushed.flush()
    closed.close()
    assert (first, second) == ([b"HTTP/1.1 204 No Content\r\n\r\n"], [b"HTTP/1.1 204 No Content\r\n\r\n", b"closed"])
