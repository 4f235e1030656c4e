"""uvicorn's HTTP protocol, with the limits and errors of the engine's servlet container.

uvicorn's own protocol

- reads headers of any length into memory, and queues pipelined requests without a limit,
- refuses unknown methods, and paths with letters that are not escaped,
- waits without a limit for the end of a head, or for a client that does not read,
- drops the body of a request with `Upgrade`,
- closes the connection while a client still sends, which may then lose the response.
"""

from __future__ import annotations

import re
from asyncio import TimerHandle, Transport
from collections.abc import Sized
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import quote_from_bytes

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from seatunnel_openapi.contract import Contract
from seatunnel_server.http import container
from seatunnel_server.http.error_responses import error_reply

LIMIT: Final = 8192
"""The most bytes of the request's target, and of all its headers together (`http-semantics/bad-requests`)."""

_HEADERS_TOO_LARGE: Final = (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers of the request are too large.")

_ASCII: Final = "".join(map(chr, range(128)))
_REQUEST: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (/[\x21-\x7e]{0,8191}) HTTP/1\.[01]\r\n")
_OTHER_VERSION: Final = re.compile(rb"[^ \r\n]+ [^ \r\n]+ (?!HTTP/1\.[01]\r?\n)[^ \r\n]+\r?\n")
_HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?", re.ASCII)
_EXPECTED: Final = frozenset({b"", b"100-continue", b"102-processing"})
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r\n")


class LimitedProtocol(HttpToolsProtocol):
    """Refuses long targets with 414, many or long headers with 431, and invalid HTTP with 400.

    Requests with a method that the parser does not know are passed to the app, too.
    """

    head_timeout = 30.0
    """The most seconds until the head of a request has arrived."""
    close_delay = 2.0
    """The seconds for which data from a client are read after its request was refused."""
    send_timeout = 30.0
    """The seconds after which the connection to a client that does not read its response is closed."""
    container_pages = False
    """Whether errors are the servlet container's pages, not JSON in the contract's schema `Error`."""

    _deadline: TimerHandle | None = None
    _stalled: TimerHandle | None = None
    _answered: RequestResponseCycle | None = None
    _size = 0
    _unreported = 0
    _chunk = _unread = b""
    _between_requests = True
    _reads_head = False
    _reads_no_more = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin a connection, and start the time limit of the first request."""
        super().connection_made(transport)
        # Writing pauses as soon as anything is buffered, so that `send_timeout` holds for short responses, too.
        # A TLS transport pauses when the limit is reached, a socket when it is exceeded.
        is_tls = transport.get_extra_info("sslcontext") is not None
        transport.set_write_buffer_limits(high=int(is_tls), low=0)
        self.flow = _Flow(transport, self.pipeline)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up after the end of a connection."""
        self._head_is_here()
        self._written()
        self._abandon()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle bytes from the client; those after a pipelined request are kept until it is answered."""
        self._unread += data
        while self._unread and not (self.pipeline or self._reads_no_more or self.transport.is_closing()):
            piece, self._unread = self._unread[: 2 * LIMIT], self._unread[2 * LIMIT :]
            self._take(piece)

    def on_response_complete(self) -> None:
        """Go on with the next request."""
        if self._answered is not None:
            cast(_Writer, self._answered.transport).flush()
        super().on_response_complete()
        self.data_received(b"")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _abandon(self) -> None:
        """Stop writing responses to open requests; uvicorn itself does this for the last one only."""
        self.pipeline.clear()
        for cycle in (self._answered, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected, cycle.waiting_for_100_continue = True, False
                cycle.message_event.set()

    def _take(self, data: bytes) -> None:
        line, end, rest = data.partition(b"\r\n") if self._between_requests else (data, b"", b"")
        if end and not line.isascii():
            data = quote_from_bytes(line, _ASCII).encode() + end + rest
        self._chunk = data
        # The parser reports a header, or the extension of a chunk, only when it is complete.
        self._unreported += len(data)
        self._parse(data)
        if self._reads_head and self._deadline is None:
            self._wait_for_head()
        if self._unreported > 2 * LIMIT and not self._reads_no_more:
            self._end(*_HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._size, self._unreported, self._between_requests = 0, 0, False
        # The idle time ends with a request, not with blank lines or the rest of a body.
        self._unset_keepalive_if_required()
        self._head_is_here()
        self._reads_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Pass the request to the app, unless its `Host` or `Expect` is wrong."""
        self._unreported = 0
        self._reads_head = False
        self._head_is_here()
        self._unset_keepalive_if_required()
        if self._asks_for_upgrade:
            return
        problem = self._host_problem()
        if problem is not None:
            self._refuse(HTTPStatus.BAD_REQUEST, problem)
        expected = b",".join(value for name, value in self.headers if name == b"expect").lower().split(b",")
        if not _EXPECTED.issuperset(map(bytes.strip, expected)) and self.parser.get_http_version() == "1.1":
            self._refuse(HTTPStatus.EXPECTATION_FAILED, HTTPStatus.EXPECTATION_FAILED.phrase)
        super().on_headers_complete()
        self.cycle.transport = cast(Transport, _Writer(self.transport))

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        if self._asks_for_upgrade:
            return
        self._unreported, self._between_requests = 0, True
        super().on_message_complete()

    def on_url(self, url: bytes) -> None:
        """Store a piece of the target."""
        self._unreported = 0
        super().on_url(url)
        if len(self.url) > LIMIT:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, "The target of the request is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header."""
        self._unreported = 0
        self._size += len(name) + len(value)
        if self._size > LIMIT:
            self._refuse(*_HEADERS_TOO_LARGE)
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Store a piece of the body."""
        self._unreported = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        """Pause until the client reads, at most for `send_timeout`."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.send_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        """Continue after the client has read everything."""
        self._written()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that the parser refuses, unless it has been answered already."""
        request = _REQUEST.match(self._chunk)
        if self._reads_no_more or self.transport.is_closing():
            return
        if request is not None and request[1] not in _PARSED and (self.cycle is None or self.cycle.response_complete):
            self._pass_on(request[1], request[2], self._chunk[request.end() :])
        elif self.container_pages and _OTHER_VERSION.match(self._chunk):
            self._end(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Unknown Version")
        else:
            self._end(HTTPStatus.BAD_REQUEST, msg)

    @property
    def _asks_for_upgrade(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                if not self._asks_for_upgrade:  # CONNECT: the app answers it, and the data after it are not HTTP
                    self._reads_no_more, self.cycle.keep_alive = True, False
                    return
                data = self._without_upgrade() + data[upgrade.args[0] :]
            except HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
                return
            else:
                return

    def _without_upgrade(self) -> bytes:
        """Return the parsed head without its header `Upgrade`, for a new parser.

        A server may ignore `Upgrade` (RFC 9110 7.8), but this parser reads no HTTP after it.
        """
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        return b"".join([line, *fields, b"\r\n"])

    def _host_problem(self) -> str | None:
        """Return the error in the header `Host` (RFC 9112 3.2); None if it is valid, also for an empty one."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1:
            return "Bad Host: multiple headers"
        if not hosts:
            return "No Host" if self.parser.get_http_version() == "1.1" else None
        return None if _HOST.fullmatch(hosts[0].strip()) else "Bad Host"

    def _written(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _wait_for_head(self) -> None:
        self._head_is_here()
        self._deadline = self.loop.call_later(self.head_timeout, self.transport.close)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _pass_on(self, method: bytes, target: bytes, rest: bytes) -> None:
        """Pass a request with an unknown method to the app; it is the last one of its connection."""
        self.on_message_begin()
        self.url = target
        at = 0
        while (header := _HEADER.match(rest, at)) is not None and at <= LIMIT:
            self.headers.append((header[1].lower(), header[2]))
            at = header.end()
        self.parser = cast(HttpRequestParser, _FailedParser(method))
        try:
            self.on_headers_complete()
        except ValueError:  # it has been refused
            return
        self.cycle.more_body, self._reads_no_more = False, True

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer with an error, and raise `ValueError`, which stops the parser."""
        self._end(status, message)
        raise ValueError(message)

    def _end(self, status: HTTPStatus, message: str) -> None:
        """Answer with an error and close the connection. The response to an earlier request may stay incomplete."""
        reply = container.bad_message(message, status) if self.container_pages else error_reply(status, message)
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\ncontent-type: {reply.content_type}\r\n"
            f"content-length: {len(reply.body)}\r\nconnection: close\r\n\r\n"
        )
        self._reads_no_more = True
        self._abandon()
        # Closing while the client still sends would reset the connection, and the client might lose the response.
        self._head_is_here()
        self._deadline = self.loop.call_later(self.close_delay, self.transport.close)
        self.flow.resume_reading()
        self.transport.write(head.encode("latin-1") + reply.body)
        with suppress(OSError):
            self.transport.write_eof()


_PARSED: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT"})


class _Writer:
    """A transport that writes the head of a response together with the beginning of its body, in one system call."""

    __slots__ = ("_head", "_is_begun", "_transport")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        if self._is_begun:
            self._transport.write(self._head + data if self._head else data)
            self._head = b""
        elif data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        else:
            self._head, self._is_begun = data, True

    def flush(self) -> None:
        """Write the head of a response without a body."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class _Flow(FlowControl):
    """Pauses reading from a client while one of its pipelined requests waits for the response to an earlier one."""

    def __init__(self, transport: Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Resume reading, unless requests wait."""
        if not self._waiting:
            super().resume_reading()


class ContainerProtocol(LimitedProtocol):
    """A `LimitedProtocol` whose errors are the servlet container's pages."""

    container_pages = True


class _FailedParser:
    """Replaces a parser that has failed at an unknown method, so that uvicorn handles the request with this method."""

    def __init__(self, method: bytes) -> None:
        self._method = method

    def get_method(self) -> bytes:
        return self._method

    def get_http_version(self) -> str:
        return "1.1"

    def should_upgrade(self) -> bool:
        return False

    def should_keep_alive(self) -> bool:
        return False


def protocol_of(contract: Contract) -> type[LimitedProtocol]:
    """Return the protocol class that answers errors as the contract's release does."""
    has_pages = contract.behaviour.choice("unknownPath") == "container-page"
    return ContainerProtocol if has_pages else LimitedProtocol
