"""Messages are read whole, and written with the bytes that were read."""

import asyncio

import pytest

from seatunnel_conformance.faults.messages import (
    BODY_LIMIT,
    BrokenMessage,
    Message,
    make_response,
    read_request,
    read_response,
    status_line,
)

GET = b"GET /a?b=%zz HTTP/1.1\r\nHOST: x\r\nx-Empty:\r\nA:  b \r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
TO_THE_END = b"HTTP/1.0 200\r\n\r\nall that comes"


def request(*parts: bytes) -> Message | None:
    return asyncio.run(_read(read_request, b"".join(parts)))


def response(*parts: bytes, method: str = "GET") -> Message | None:
    return asyncio.run(_read(lambda reader: read_response(reader, method), b"".join(parts)))


async def _read(read, content: bytes) -> Message | None:
    reader = asyncio.StreamReader()
    reader.feed_data(content)
    reader.feed_eof()
    return await read(reader)


@pytest.mark.parametrize("content", [GET, POST, CHUNKED])
def test_request_is_written_as_it_was_read(content: bytes):
    assert request(content, b"GET /next HTTP/1.1\r\n\r\n").as_bytes() == content


def test_body_in_chunks_is_put_together():
    assert request(CHUNKED).body == b"abc"


def test_answer_to_a_head_has_no_body_whatever_its_length_says():
    assert response(OK, method="HEAD").body == b""


def test_provisional_answers_are_left_out():
    assert response(b"HTTP/1.1 100 Continue\r\n\r\n", OK).body == b"{}"


def test_end_of_the_connection_is_no_message():
    assert request() is None
    assert response() is None


@pytest.mark.parametrize(
    "content",
    [
        b"GET /a HTTP/1.1\r\nHo",
        b"hello\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1),
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_LIMIT + 1),
        b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;%s\r\na\r\n0\r\n\r\n" % (b"x" * 2**20),
    ],
)
def test_what_is_no_request_is_refused(content: bytes):
    with pytest.raises(BrokenMessage):
        request(content)


def test_what_is_no_answer_is_refused():
    with pytest.raises(BrokenMessage):
        response(b"SSH-2.0-x\r\n\r\n")


def test_body_that_breaks_off_is_an_error():
    with pytest.raises(EOFError):
        request(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab")


def test_changed_header_leaves_the_body_in_its_chunks():
    found = request(CHUNKED).with_header("Accept", "*/*").as_bytes()
    assert found.endswith(b"Accept: */*\r\n\r\n" + CHUNKED.partition(b"\r\n\r\n")[2])


def test_changed_body_is_sent_with_its_length():
    found = request(CHUNKED).with_body(b"xy").as_bytes()
    assert found == b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxy"


def test_headers_of_one_name_are_joined():
    message = make_response(200, (("Allow", "GET"), ("allow", "HEAD")), b"")
    assert message.header("ALLOW") == "GET, HEAD"
    assert message.with_header("Allow", "PUT").header("allow") == "PUT"
    assert message.without_header("allow").header("allow") == ""


@pytest.mark.parametrize(("status", "line"), [(405, "HTTP/1.1 405 Method Not Allowed"), (299, "HTTP/1.1 299 Unknown")])
def test_status_has_its_phrase(status: int, line: str):
    assert status_line(status) == line


@pytest.mark.parametrize(
    ("content", "ends"),
    [(OK, False), (TO_THE_END, True), (OK.replace(b"\r\n\r\n", b"\r\nConnection: Close\r\n\r\n"), True)],
)
def test_last_answer_of_a_connection_says_so(content: bytes, ends: object):
    assert response(content).ends_connection is ends
